using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Scatterlist.Testing;

namespace Scatterlist.Tests.Mmio;

/// <summary>Accesses through a window onto a memfd that stands for a device's registers.</summary>
public sealed class MmioWindowAccessTests : IDisposable
{
    private const int Length = 64 * 1024;
    private readonly HostBuffer _device = HostBuffer.Allocate(Length, new() { IsShareable = true });

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Each_width_reads_and_writes_just_its_bytes()
    {
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, 0, Length);
        Span<byte> bytes = _device.AsSpan();
        bytes.Fill(0xee);
        window.Write8(3, 0x01);
        window.Write16(6, 0x0203);
        window.Write32(12, 0x04050607);
        window.Write64(24, 0x08090a0b0c0d0e0f);
        Assert.Equal(0x01, bytes[3]);
        Assert.Equal(0x0203, BitConverter.ToUInt16(bytes[6..]));
        Assert.Equal(0x04050607u, BitConverter.ToUInt32(bytes[12..]));
        Assert.Equal(0x08090a0b0c0d0e0ful, BitConverter.ToUInt64(bytes[24..]));
        Assert.Equal(Length - 15, bytes.Count((byte)0xee));

        Assert.Equal(0x01, window.Read8(3));
        Assert.Equal(0x0203, window.Read16(6));
        Assert.Equal(0x04050607u, window.Read32(12));
        Assert.Equal(0x08090a0b0c0d0e0ful, window.Read64(24));
        Assert.Equal(0xee, window.Read8(Length - 1));
        Assert.Equal(0xeeeeeeeeeeeeeeeeul, window.Read64(Length - 8));
        Assert.Equal((nuint)Length, window.Length);
        Assert.Equal(MmioAccess.ReadWrite, window.Access);
    }

    [Fact]
    public void A_wide_write_is_checked_and_made_where_the_processor_can()
    {
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, 0, Length);
        using MmioWindow skewed = window.Slice(32, 256);
        var value = Vector512.Create(0x0123456789abcdeful).AsByte();
        Assert.Throws<ArgumentException>(() => window.Write512(32, value));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Write512(Length, value));
        Assert.Throws<ArgumentException>(() => skewed.Write512(0, value));
        if (!Avx512F.IsSupported)
        {
            Assert.Throws<PlatformNotSupportedException>(() => window.Write512(64, value));
            return;
        }

        window.Write512(64, value);
        Assert.Equal(-1, MemoryMarshal.Cast<byte, ulong>(_device.AsSpan().Slice(64, 64)).IndexOfAnyExcept(0x0123456789abcdeful));
        Assert.Equal(0, _device.AsSpan()[128]);
    }

    [Fact]
    public void Misaligned_accesses_are_refused()
    {
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, 0, Length);
        foreach (nuint offset in new nuint[] { 1, 2, 3, 4, 5, 6, 7 })
        {
            Assert.Throws<ArgumentException>(() => window.Read64(offset));
            Assert.Throws<ArgumentException>(() => window.Write64(offset, 0));
            if (offset % 4 != 0)
            {
                Assert.Throws<ArgumentException>(() => window.Read32(offset));
                Assert.Throws<ArgumentException>(() => window.Write32(offset, 0));
            }

            if (offset % 2 != 0)
            {
                Assert.Throws<ArgumentException>(() => window.Read16(offset));
                Assert.Throws<ArgumentException>(() => window.Write16(offset, 0));
            }
        }
    }

    [Fact]
    public void Accesses_past_the_end_are_refused_even_when_the_end_overflows()
    {
        using MmioWindow whole = MmioWindow.Map(_device.Descriptor!, 0, Length);
        using MmioWindow window = whole.Slice(0, 20);
        Assert.Equal(0u, window.Read32(16));
        foreach (nuint offset in new nuint[] { 16, 24, Length, nuint.MaxValue / 2 + 1, nuint.MaxValue - 7 })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => window.Read64(offset));
            Assert.Throws<ArgumentOutOfRangeException>(() => window.Write64(offset, 1));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => window.Read8(20));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Read8(nuint.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Write16(20, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Read32(20));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.CopyOut(19, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.CopyIn(nuint.MaxValue, new byte[2]));
        window.CopyOut(20, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.CopyOut(21, []));
    }

    [Fact]
    public void A_window_does_only_what_it_was_mapped_for()
    {
        using (MmioWindow reader = MmioWindow.Map(_device.Descriptor!, 0, Length, MmioAccess.Read))
        using (MmioWindow slice = reader.Slice(0, 8))
        {
            Assert.Equal(0ul, slice.Read64(0));
            Assert.Throws<InvalidOperationException>(() => slice.Write64(0, 1));
            Assert.Throws<InvalidOperationException>(() => reader.Write8(0, 1));
            Assert.Throws<InvalidOperationException>(() => reader.CopyIn(0, new byte[4]));
        }

        using MmioWindow writer = MmioWindow.Map(_device.Descriptor!, 0, Length, MmioAccess.Write);
        writer.Write32(4, 17);
        Assert.Equal(17, _device.AsSpan()[4]);
        Assert.Throws<InvalidOperationException>(() => writer.Read32(4));
        Assert.Throws<InvalidOperationException>(() => writer.CopyOut(0, new byte[4]));
    }

    [Fact]
    public void Copies_match_a_flat_model_at_every_alignment()
    {
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, 0, Length);
        var random = new Random(7);
        var model = new byte[Length];
        random.NextBytes(model);
        window.CopyIn(0, model);
        Assert.True(_device.AsSpan().SequenceEqual(model));

        for (int offset = 0; offset < 9; offset++)
        {
            for (int length = 0; length < 40; length++)
            {
                var bytes = new byte[length];
                window.CopyOut((nuint)offset, bytes);
                Assert.True(model.AsSpan(offset, length).SequenceEqual(bytes));

                random.NextBytes(bytes);
                bytes.CopyTo(model.AsSpan(offset));
                window.CopyIn((nuint)offset, bytes);
                Assert.True(_device.AsSpan(0, 64).SequenceEqual(model.AsSpan(0, 64)));
            }
        }

        Assert.True(_device.AsSpan().SequenceEqual(model));
    }

    [Fact]
    public void Slices_and_offsets_add_up()
    {
        Span<byte> bytes = _device.AsSpan();
        for (int i = 0; i < Length; i += 4)
            BinaryPrimitives.WriteInt32LittleEndian(bytes[i..], i);
        nuint page = HostBuffer.BasePageSize;
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, page, Length - page);
        using MmioWindow slice = window.Slice(16, 64);
        using MmioWindow inner = slice.Slice(32, 32);
        Assert.Equal((uint)page + 48, inner.Read32(0));
        Assert.Equal((uint)page + 76, inner.Read32(28));
        Assert.Throws<ArgumentOutOfRangeException>(() => inner.Read32(32));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Slice(33, 32));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Slice(65, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Slice(8, nuint.MaxValue));
    }

    [Fact]
    public void Bad_mappings_are_refused()
    {
        FileDescriptor fd = _device.Descriptor!;
        Assert.Throws<ArgumentNullException>(() => MmioWindow.Map(null!, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MmioWindow.Map(fd, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MmioWindow.Map(fd, ulong.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MmioWindow.Map(fd, 0, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MmioWindow.Map(fd, 0, 1, (MmioAccess)4));
        Assert.Throws<ArgumentOutOfRangeException>(() => MmioWindow.Map(fd, 0, 1, (MmioAccess)(-1)));
        var e = Assert.Throws<ScatterlistException>(() => MmioWindow.Map(fd, 1, 4096));
        Assert.Equal(Errno.EINVAL, e.Errno);
        Assert.Contains("offset 0x1", e.Operation, StringComparison.Ordinal);
    }

    [Fact]
    public void Accesses_allocate_nothing()
    {
        using MmioWindow window = MmioWindow.Map(_device.Descriptor!, 0, Length);
        var bytes = new byte[100];
        ulong sum = 0;
        AllocationMeter.AssertNone(() =>
        {
            window.Write8(0, 1);
            window.Write16(2, 2);
            window.Write32(4, 3);
            window.Write64(8, 4);
            sum += window.Read64(8) + window.Read32(4) + window.Read16(2) + window.Read8(0);
            window.CopyIn(101, bytes);
            window.CopyOut(101, bytes);
        });
        Assert.NotEqual(0ul, sum);
    }
}
