using Scatterlist.HostFd.Tests.IO;
using Scatterlist.Testing;

namespace Scatterlist.HostFd.Tests.Copying;

public class SafeCopyTests
{
    public static TheoryData<string> Faults => ["no access", "past the end of the file"];

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(200_000)]
    public void Copies_in_out_between_and_zeroes(int length)
    {
        using GuardedMemory first = GuardedMemory.NoAccess((nuint)length);
        using GuardedMemory second = GuardedMemory.PastEndOfFile((nuint)length);
        byte[] data = Bytes.Pattern(length);
        var back = new byte[length];
        var done = new SafeCopyResult((ulong)length);
        Assert.Equal(done, SafeCopy.CopyOut(first.Last((nuint)length), data));
        Assert.Equal(done, SafeCopy.Copy(second.Last((nuint)length), first.Last((nuint)length)));
        Assert.Equal(done, SafeCopy.CopyIn(back, second.Last((nuint)length)));
        Assert.Equal(data, back);
        Assert.Equal(done, SafeCopy.ZeroOut(second.Last((nuint)length)));
        Assert.False(second.Last((nuint)length).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_tells_the_exact_count_and_its_address(string fault)
    {
        using GuardedMemory bad = Guarded(fault);
        using GuardedMemory good = GuardedMemory.NoAccess(4096);
        for (nuint before = 0; before <= 32; before++)
        {
            byte[] data = Bytes.Pattern(64, (int)before);
            var expected = new SafeCopyResult(before, Errno.EFAULT, bad.FaultAddress);
            Block across = bad.AcrossEnd(before, 64 - before);

            data.AsSpan(0, (int)before).CopyTo(bad.Last(before).AsSpan());
            var into = new byte[64];
            Assert.Equal(expected, SafeCopy.CopyIn(into, across));
            Assert.Equal(data[..(int)before], into[..(int)before]);
            Assert.False(into.AsSpan((int)before).ContainsAnyExcept((byte)0));

            good.AsSpan().Clear();
            Assert.Equal(expected, SafeCopy.Copy(good.First(64), across));
            Assert.Equal(data[..(int)before], good.First(before).AsSpan().ToArray());

            bad.AsSpan().Fill(0xee);
            Assert.Equal(expected, SafeCopy.CopyOut(across, data));
            Assert.Equal(data[..(int)before], bad.Last(before).AsSpan().ToArray());

            data.CopyTo(good.First(64).AsSpan());
            bad.AsSpan().Fill(0xee);
            Assert.Equal(expected, SafeCopy.Copy(across, good.First(64)));
            Assert.Equal(data[..(int)before], bad.Last(before).AsSpan().ToArray());

            bad.AsSpan().Fill(0xee);
            Assert.Equal(expected, SafeCopy.ZeroOut(across));
            Assert.False(bad.Last(before).AsSpan().ContainsAnyExcept((byte)0));
            Assert.Equal(0xee, bad.AsSpan()[(int)(bad.Length - before - 1)]);
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Sequences_are_copied_up_to_the_fault_across_blocks_of_different_lengths(string fault)
    {
        using GuardedMemory bad = Guarded(fault);
        using var good = new Arena([3, 0, 700, 1, 2000, 5000], gap: 2);
        byte[] data = Bytes.Pattern((int)bad.Length, 5);
        data.CopyTo(bad.AsSpan());
        Block[] source = [bad.First(10), bad.All.Slice(10, 990), bad.AcrossEnd(bad.Length - 1000, 50)];
        SafeCopyResult result = SafeCopy.Copy(good.Sequence, new BlockSequence(source, mayFault: true));
        Assert.Equal(new SafeCopyResult(bad.Length, Errno.EFAULT, bad.FaultAddress), result);
        Assert.Equal(data, Arena.ToArray(good.Sequence.TakeFirst(bad.Length)));
    }

    [Fact]
    public void More_blocks_than_one_call_takes_are_copied()
    {
        using var from = Arena.Uniform(3000, 7, gap: 1);
        using var to = Arena.Uniform(2100, 10, gap: 3);
        byte[] data = Bytes.Pattern(21000);
        from.Fill(data);
        var destination = new BlockSequence(to.Blocks, mayFault: true);
        var source = new BlockSequence(from.Blocks, mayFault: true);
        Assert.Equal(new SafeCopyResult(21000), SafeCopy.Copy(destination, source));
        Assert.Equal(data, to.ToArray());
    }

    [Fact]
    public void The_shorter_side_decides_and_what_cannot_fault_is_copied_plainly()
    {
        using var from = Arena.Uniform(3, 10, gap: 1);
        using var to = Arena.Uniform(2, 10, gap: 1);
        from.Fill(Bytes.Pattern(30));
        Assert.Equal(new SafeCopyResult(20), SafeCopy.Copy(to.Sequence, from.Sequence));
        Assert.Equal(Bytes.Pattern(30)[..20], to.ToArray());
        Assert.Equal(new SafeCopyResult(0), SafeCopy.CopyIn([], from.Blocks[0]));
        Assert.Equal(new SafeCopyResult(20), SafeCopy.ZeroOut(to.Sequence));
        Assert.Equal(new byte[20], to.ToArray());
    }

    [Fact]
    public void A_device_mapping_that_the_first_way_cannot_reach_goes_through_the_second()
    {
        // [vvar] has VM_PFNMAP, as a device's BAR has: process_vm_readv refuses it.
        string? line = File.ReadLines("/proc/self/maps")
            .FirstOrDefault(mapping => mapping.EndsWith("[vvar]", StringComparison.Ordinal));
        if (line is null)
            Assert.Skip("This kernel has no [vvar] mapping to stand in for a device's.");
        nint address = nint.Parse(line.AsSpan(0, line.IndexOf('-')), System.Globalization.NumberStyles.HexNumber, null);
        var into = new byte[256];
        SafeCopyResult result = SafeCopy.CopyIn(into, new Block(address, 256));
        Assert.True(result.IsSuccess || (result.Errno == Errno.EFAULT && result.FaultAddress == address));
    }

    [Fact]
    public void Words_are_loaded_swapped_and_exchanged()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        nint address = memory.Address;
        Assert.True(SafeCopy.Swap32(address, 0x11223344, out uint old32).IsSuccess);
        Assert.Equal(0u, old32);
        Assert.True(SafeCopy.Load32(address, out uint loaded).IsSuccess);
        Assert.Equal(0x11223344u, loaded);
        Assert.True(SafeCopy.CompareExchange32(address, 5, 4, out old32).IsSuccess);
        Assert.Equal(0x11223344u, old32);
        Assert.True(SafeCopy.CompareExchange32(address, 5, 0x11223344, out old32).IsSuccess);
        Assert.Equal(0x11223344u, old32);
        Assert.True(SafeCopy.Swap64(address, ulong.MaxValue, out ulong old64).IsSuccess);
        Assert.Equal(5ul, old64);
        Assert.Equal(ulong.MaxValue, BitConverter.ToUInt64(memory.AsSpan()));
    }

    [Fact]
    public void Misaligned_words_are_refused()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        for (nint i = 1; i < 8; i++)
        {
            nint at = memory.Address + i;
            var error = new SafeCopyResult(0, Errno.EINVAL, at);
            Assert.Equal(error, SafeCopy.Swap64(at, 1, out _));
            if (i % 4 == 0)
                continue;
            Assert.Equal(error, SafeCopy.Swap32(at, 1, out _));
            Assert.Equal(error, SafeCopy.CompareExchange32(at, 1, 0, out _));
            Assert.Equal(error, SafeCopy.Load32(at, out _));
        }

        Assert.False(memory.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Words_that_fault_tell_where(string fault)
    {
        using GuardedMemory bad = Guarded(fault);
        var error = new SafeCopyResult(0, Errno.EFAULT, bad.FaultAddress);
        Assert.Equal(error, SafeCopy.Swap32(bad.FaultAddress, 1, out _));
        Assert.Equal(error, SafeCopy.Swap64(bad.FaultAddress, 1, out _));
        Assert.Equal(error, SafeCopy.CompareExchange32(bad.FaultAddress, 1, 0, out _));
        Assert.Equal(error, SafeCopy.Load32(bad.FaultAddress, out _));
    }

    [Fact]
    public void Swaps_are_indivisible_towards_each_other()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(4096);
        nint address = memory.Address;
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 500; i++)
            {
                uint seen = 0;
                uint expected;
                do
                {
                    expected = seen;
                    SafeCopy.CompareExchange32(address, expected + 1, expected, out seen);
                }
                while (seen != expected);
            }
        });
        SafeCopy.Load32(address, out uint total);
        Assert.Equal(2000u, total);
    }

    [Fact]
    public void Copies_and_faults_allocate_nothing()
    {
        using GuardedMemory memory = GuardedMemory.NoAccess(8192);
        var buffer = new byte[8192];
        AllocationMeter.AssertNone(() =>
        {
            SafeCopy.CopyIn(buffer, memory.All);
            SafeCopy.CopyOut(memory.All, buffer);
            SafeCopy.CopyIn(buffer, memory.AcrossEnd(10, 10));
            SafeCopy.ZeroOut(memory.All);
            SafeCopy.Swap32(memory.Address, 1, out _);
        });
    }

    private static GuardedMemory Guarded(string fault) => fault == "no access"
        ? GuardedMemory.NoAccess(4096)
        : GuardedMemory.PastEndOfFile(4096);
}
