using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>The memory of the device itself: allocated, copied, registered, and reached by peers.</summary>
public sealed class DeviceMemoryTests
{
    private const int Length = 16 * 1024;

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_device_without_memory_says_so(Medium medium)
    {
        using Context context = Rig.OpenContext(medium);
        Assert.SkipWhen(context.Attributes.MaxDeviceMemory > 0, "The device has memory of its own.");

        VerbsException e = Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(4096));

        Assert.Equal(VerbsErrorKind.NotSupported, e.Kind);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Memory_is_allocated_and_freed(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        for (int i = 0; i < 10; i++)
        {
            DeviceMemory memory = context.AllocateDeviceMemory(Length);
            Assert.Equal((nuint)Length, memory.Length);
            memory.Free();
            memory.Free();
            memory.Dispose();
            Assert.True(memory.IsDisposed);
            Assert.Throws<ObjectDisposedException>(() => memory.CopyTo(0, new byte[4]));
        }
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void More_than_the_device_has_is_refused_and_comes_back_when_freed(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        nuint all = (nuint)context.Attributes.MaxDeviceMemory;

        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(all + 4));
        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(nuint.MaxValue - 3));
        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(0));
        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(Length, logAlignment: 63));
        using (context.AllocateDeviceMemory(all))
        {
            VerbsException e = Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(4));
            Assert.Equal(VerbsErrorKind.Resource, e.Kind);
        }

        using DeviceMemory again = context.AllocateDeviceMemory(all);
        Assert.Equal(all, again.Length);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Bytes_go_in_and_come_out_at_any_word(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using DeviceMemory memory = context.AllocateDeviceMemory(Length);
        Assert.Equal(Errno.None, memory.CopyTo(0, Pattern.Make(1, Length)));
        Assert.Equal(Errno.None, memory.CopyTo(100, Pattern.Make(2, 200)));

        byte[] all = new byte[Length];
        Assert.Equal(Errno.None, memory.CopyFrom(0, all));

        byte[] expected = Pattern.Make(1, Length);
        Pattern.Fill(2, expected.AsSpan(100, 200));
        Assert.Equal(expected, all);
        byte[] word = new byte[4];
        Assert.Equal(Errno.None, memory.CopyFrom(Length - 4, word));
        Assert.Equal(expected[^4..], word);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_host_buffer_is_copied_in_parts(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using DeviceMemory memory = context.AllocateDeviceMemory(Length);
        using HostBuffer buffer = HostBuffer.Allocate(Length);
        Pattern.Fill(3, buffer.AsSpan());

        Assert.Equal(Errno.None, memory.CopyTo(1024, buffer, 4096, 8192));
        buffer.Zero();
        Assert.Equal(Errno.None, memory.CopyFrom(1024, buffer, 0, 8192));

        Assert.Equal(Pattern.Make(3, Length)[4096..12288], buffer.AsSpan(0, 8192).ToArray());
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_copy_past_the_end_or_off_the_words_is_refused(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using DeviceMemory memory = context.AllocateDeviceMemory(Length);
        memory.CopyTo(0, Pattern.Make(4, Length));

        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyTo(Length - 4, new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyFrom(Length + 4, new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.CopyTo(nuint.MaxValue - 3, new byte[8]));
        Assert.Equal(Errno.EINVAL, memory.CopyTo(2, new byte[4]));
        Assert.Equal(Errno.EINVAL, memory.CopyFrom(0, new byte[5]));
        Assert.Equal(Errno.None, memory.CopyTo(0, []));

        byte[] all = new byte[Length];
        memory.CopyFrom(0, all);
        Pattern.AssertIs(4, all);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Memory_is_busy_while_a_region_is_registered_on_it(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using DeviceMemory memory = context.AllocateDeviceMemory(Length);
        MemoryRegion region = domain.Register(memory, LinkOptions.EveryRemoteRight);
        Assert.Equal(0ul, region.Address);
        Assert.Equal((nuint)Length, region.Length);
        Assert.NotEqual(AccessFlags.None, region.Access & AccessFlags.ZeroBased);

        VerbsException e = Assert.Throws<VerbsException>(memory.Free);

        Assert.Equal(VerbsErrorKind.Busy, e.Kind);
        region.Dispose();
        memory.Free();
        Assert.True(memory.IsDisposed);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Memory_that_is_disposed_stays_until_its_regions_are_gone(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        nuint all = (nuint)context.Attributes.MaxDeviceMemory;
        DeviceMemory memory = context.AllocateDeviceMemory(all);
        MemoryRegion region = domain.Register(memory, AccessFlags.LocalWrite);

        memory.Dispose();

        Assert.Throws<VerbsException>(() => context.AllocateDeviceMemory(4));
        region.Dispose();
        using DeviceMemory again = context.AllocateDeviceMemory(all);
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void A_region_past_the_memory_or_of_bad_rights_is_refused(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        using ProtectionDomain domain = context.AllocateDomain();
        using DeviceMemory memory = context.AllocateDeviceMemory(Length);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => domain.Register(memory, 0, Length + 1, AccessFlags.LocalWrite));
        Assert.Throws<ArgumentOutOfRangeException>(() => domain.Register(memory, Length, 4, AccessFlags.LocalWrite));
        Assert.Throws<VerbsException>(() => domain.Register(memory, 0, 0, AccessFlags.LocalWrite));
        Assert.Throws<VerbsException>(() => domain.Register(memory, AccessFlags.RemoteWrite));
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => domain.Register(memory, AccessFlags.LocalWrite));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_peer_writes_to_and_reads_from_device_memory(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        Link link = rig.Connect();
        PeerDeviceMemory memory = rig.Peer.AllocateDeviceMemory(Length);
        PeerRegion region = memory.Register(LinkOptions.EveryRemoteRight);
        Assert.Equal(0ul, region.Remote.Address.Value);
        Pattern.Fill(1, link.Memory.Bytes(0, Length));

        link.DoWell(link.Write(Length) with { Target = region.Remote });
        Pattern.AssertIs(1, memory.Read(0, Length));

        Assert.Equal(Errno.None, memory.Write(400, Pattern.Make(2, 1000)));
        link.DoWell(link.Read(1000) with { Target = region.Remote.Slice(400) });
        Pattern.AssertIs(2, link.Memory.Bytes(0, 1000));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_write_with_immediate_data_to_device_memory_takes_a_receive(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        Link link = rig.Connect();
        PeerDeviceMemory memory = rig.Peer.AllocateDeviceMemory(Length);
        PeerRegion region = memory.Register(LinkOptions.EveryRemoteRight);
        link.PostPeerReceive(3);
        Pattern.Fill(5, link.Memory.Bytes(0, 5000));

        link.DoWell(link.Write(5000) with
        {
            Opcode = WorkRequestOpcode.RdmaWriteWithImmediate, Immediate = 44, Target = region.Remote.Slice(8),
        });

        Completion received = link.Peer.NextReceive();
        Assert.Equal((3ul, 44u, 5000u), (received.Id, received.Immediate!.Value, received.ByteLength));
        Pattern.AssertIs(5, memory.Read(8, 5000));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Device_memory_is_sent_from_and_received_into(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        Link link = rig.Connect();
        using DeviceMemory memory = rig.Context.AllocateDeviceMemory(Length);
        using MemoryRegion region = rig.Domain.Register(memory, AccessFlags.LocalWrite);
        Assert.Equal(Errno.None, memory.CopyTo(0, Pattern.Make(6, Length)));
        PeerDeviceMemory there = rig.Peer.AllocateDeviceMemory(Length);
        PeerRegion regionThere = there.Register(LinkOptions.EveryRemoteRight);
        Assert.Equal(Errno.None, link.Peer.PostReceive(regionThere, 0, Length, 1));

        Assert.Equal(Errno.None, link.QueuePair.PostSend(new SendWorkRequest(region.Gather()), 2));

        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        Assert.Equal((uint)Length, link.Peer.NextReceive().ByteLength);
        Pattern.AssertIs(6, there.Read(0, Length));
        Assert.Equal(Errno.None, memory.CopyTo(0, new byte[Length]));
        Assert.Equal(
            Errno.None, link.QueuePair.PostRead(new ReadWorkRequest(region.Scatter(), regionThere.Remote), 3));
        Assert.Equal(CompletionStatus.Success, link.SendQueue.Next().Status);
        byte[] all = new byte[Length];
        Assert.Equal(Errno.None, memory.CopyFrom(0, all));
        Pattern.AssertIs(6, all);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Atomic_operations_work_on_device_memory(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        Assert.SkipWhen(
            rig.Context.Attributes.AtomicCapability == AtomicCapability.None, "The device has no atomic operations.");
        Link link = rig.Connect();
        PeerDeviceMemory memory = rig.Peer.AllocateDeviceMemory(64);
        PeerRegion region = memory.Register(LinkOptions.EveryRemoteRight);
        Assert.Equal(Errno.None, memory.Write(8, BitConverter.GetBytes(100ul)));
        var add = new Work(WorkRequestOpcode.FetchAndAdd, 1) { Target = region.Remote.Slice(8, 8), Compare = 11 };

        link.DoWell(add);
        Assert.Equal(100ul, BitConverter.ToUInt64(link.Memory.Bytes(0, 8)));
        link.DoWell(add with { Opcode = WorkRequestOpcode.CompareAndSwap, Compare = 111, Swap = 7 });

        Assert.Equal(111ul, BitConverter.ToUInt64(link.Memory.Bytes(0, 8)));
        Assert.Equal(7ul, BitConverter.ToUInt64(memory.Read(8, 8)));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_part_of_device_memory_is_all_that_its_region_reaches(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        PeerDeviceMemory memory = rig.Peer.AllocateDeviceMemory(Length);
        Assert.Equal(Errno.None, memory.Write(0, Pattern.Make(7, Length)));
        PeerRegion part = memory.Register(4096, 4096, LinkOptions.EveryRemoteRight);
        Link good = rig.Connect();
        good.DoWell(good.Read(4096) with { Target = part.Remote });
        Assert.Equal(Pattern.Make(7, Length)[4096..8192], good.Memory.Bytes(0, 4096).ToArray());

        foreach ((ulong offset, int length) in new[] { (1ul, 4096), (4096ul, 1), (ulong.MaxValue - 7, 4) })
        {
            Link link = rig.Connect();
            var beyond = new RemoteMemoryRegion(new RemoteAddress(offset), (ulong)length, part.Remote.Key);
            Assert.Equal(
                CompletionStatus.RemoteAccessError, link.Do(link.Write(length) with { Target = beyond }).Status);
        }

        Pattern.AssertIs(7, memory.Read(0, Length));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Rights_of_a_region_on_device_memory_are_kept(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        PeerDeviceMemory memory = rig.Peer.AllocateDeviceMemory(Length);
        PeerRegion region = memory.Register(AccessFlags.LocalWrite | AccessFlags.RemoteRead);
        Link link = rig.Connect();
        link.DoWell(link.Read(64) with { Target = region.Remote });

        Assert.Equal(
            CompletionStatus.RemoteAccessError, link.Do(link.Write(64) with { Target = region.Remote }).Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Each_process_has_device_memory_of_its_own(Medium medium)
    {
        using Rig rig = OpenBoth(medium);
        using DeviceMemory here = rig.Context.AllocateDeviceMemory(4096);
        PeerDeviceMemory there = rig.Peer.AllocateDeviceMemory(4096);
        Assert.Equal(Errno.None, here.CopyTo(0, Pattern.Make(1, 4096)));
        Assert.Equal(Errno.None, there.Write(0, Pattern.Make(2, 4096)));

        byte[] bytes = new byte[4096];
        Assert.Equal(Errno.None, here.CopyFrom(0, bytes));
        Pattern.AssertIs(1, bytes);
        Pattern.AssertIs(2, there.Read(0, 4096));
    }

    [Theory]
    [ClassData(typeof(OneSidedMedia))]
    public void Fresh_device_memory_shows_nothing_of_its_last_owner(Medium medium)
    {
        using Context context = OpenWithMemory(medium);
        for (int i = 0; i < 3; i++)
        {
            using DeviceMemory memory = context.AllocateDeviceMemory((nuint)context.Attributes.MaxDeviceMemory / 2);
            byte[] bytes = new byte[Length];
            Assert.Equal(Errno.None, memory.CopyFrom(0, bytes));
            Assert.Equal(-1, bytes.AsSpan().IndexOfAnyExcept((byte)0));
            Assert.Equal(Errno.None, memory.CopyTo(0, Pattern.Make(1, Length)));
        }
    }

    private static Context OpenWithMemory(Medium medium)
    {
        Context context = Rig.OpenContext(medium);
        bool able = context.Attributes.MaxDeviceMemory >= Length;
        if (!able)
            context.Dispose();
        Assert.SkipUnless(able, "The device has no memory of its own.");
        return context;
    }

    private static Rig OpenBoth(Medium medium)
    {
        Assert.SkipWhen(Rxe.IsThere, Rxe.NoDeviceMemory);
        Rig rig = Rig.Open(medium);
        bool able = rig.Context.Attributes.MaxDeviceMemory >= Length;
        if (!able)
            rig.Dispose();
        Assert.SkipUnless(able, "The device has no memory of its own.");
        return rig;
    }
}
