using System.Buffers.Binary;
using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Compare-and-swap, fetch-and-add, and when they are refused.</summary>
public sealed class AtomicTests
{
    private const ulong Start = 0x1122334455667788;

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Fetch_and_add_adds_and_tells_what_was_there(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        Put(link, Start);

        Completion completion = link.DoWell(Add(link, 5));

        Assert.Equal(CompletionOpcode.FetchAndAdd, completion.Opcode);
        Assert.Equal(Start, Result(link));
        Assert.Equal(Start + 5, link.PeerMemory.ReadNumber(64));
        link.DoWell(Add(link, ulong.MaxValue)); // adds -1: the sum wraps around
        Assert.Equal(Start + 5, Result(link));
        Assert.Equal(Start + 4, link.PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Compare_and_swap_swaps_only_what_it_expected(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        Put(link, Start);

        Completion hit = link.DoWell(Swap(link, Start, 42));
        Assert.Equal(CompletionOpcode.CompareAndSwap, hit.Opcode);
        Assert.Equal(Start, Result(link));
        Assert.Equal(42ul, link.PeerMemory.ReadNumber(64));

        link.DoWell(Swap(link, Start, 43));
        Assert.Equal(42ul, Result(link));
        Assert.Equal(42ul, link.PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Every_atomic_operation_happens_exactly_once(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        Put(link, 0);
        const int Count = 500;
        int posted = 0;
        for (int done = 0; done < Count;)
        {
            for (; posted < Count && posted < done + 32; posted++)
                link.Post(Add(link, 1, (ulong)posted) with { Offset = (nuint)(posted % 64 * 8) });
            Completion completion = link.SendQueue.Next();
            Assert.Equal((CompletionStatus.Success, (ulong)done), (completion.Status, completion.Id));
            Span<byte> result = link.Memory.Bytes((nuint)(done % 64 * 8), 8);
            Assert.Equal((ulong)done, BinaryPrimitives.ReadUInt64LittleEndian(result));
            done++;
        }

        Assert.Equal((ulong)Count, link.PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Atomic_operations_of_many_queue_pairs_lose_nothing(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link[] links = [.. Enumerable.Range(0, 4).Select(_ => rig.Connect(memory: 4096))];
        Put(links[0], 0);
        const int Each = 50;
        for (ulong i = 0; i < Each; i++)
        {
            foreach (Link link in links)
                link.Post(Add(link, 1, i) with { Target = links[0].Target.Slice(64, 8) });
        }

        foreach (Link link in links)
            Assert.All(link.SendQueue.Next(Each), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
        Assert.Equal((ulong)(Each * links.Length), links[0].PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void An_address_that_is_not_a_multiple_of_8_is_refused(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        Put(link, Start);

        // A device may find out at the post already, as rxe does.
        Errno errno = link.Kit.Post(Add(link, 1) with { Target = link.Target.Slice(68, 8) }, link.Region);

        if (errno == Errno.None)
        {
            Assert.Equal(CompletionStatus.RemoteInvalidRequestError, link.SendQueue.Next().Status);
            link.AssertInError();
        }
        else
        {
            Assert.Equal(Errno.EINVAL, errno);
            link.AssertAlive();
        }

        Assert.Equal(Start, link.PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_region_without_the_right_is_refused(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        foreach (bool add in new[] { true, false })
        {
            Link link = rig.Connect();
            Peers.PeerRegion plain = rig.Peer.Register(
                4096, AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead);
            plain.Fill(1, 0, 64);
            Work work = add ? Add(link, 1) : Swap(link, 1, 2);

            Completion completion = link.Do(work with { Target = plain.Remote.Slice(0, 8) });

            Assert.Equal(CompletionStatus.RemoteAccessError, completion.Status);
            plain.AssertHolds(1, 0, 64);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_queue_pair_without_the_right_is_refused(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        var options = new LinkOptions();
        Link link = rig.Connect(options, options with { Access = AccessFlags.RemoteWrite | AccessFlags.RemoteRead });
        Put(link, Start);

        Completion completion = link.Do(Add(link, 1));

        Assert.Equal(CompletionStatus.RemoteInvalidRequestError, completion.Status);
        Assert.Equal(Start, link.PeerMemory.ReadNumber(64));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_wrong_key_of_the_peer_is_refused(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        var wrong = new RemoteMemoryRegion(link.Target.Address, 8, new RemoteKey(link.Target.Key.Value ^ 0x5a5a_0000));

        Assert.Equal(CompletionStatus.RemoteAccessError, link.Do(Add(link, 1) with { Target = wrong }).Status);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_wrong_local_key_fails_here_and_changes_nothing_there(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();
        Put(link, Start);
        RawElement[] result =
            [new RawElement(link.Region.Address, 8, new LocalKey(link.Region.LocalKey.Value ^ 0x5a5a_0000))];

        Errno errno = link.QueuePair.PostSendUnsafe(
            new RawWorkRequest
            {
                Opcode = WorkRequestOpcode.FetchAndAdd, Flags = SendFlags.Signaled, Elements = result,
                RemoteAddress = link.Target.Address + 64, RemoteKey = link.Target.Key, CompareOrAdd = 1,
            },
            id: 9);

        // A device may find out at the post or at the end; rxe tells it as a flushed request.
        if (errno == Errno.None)
            Statuses.AssertLocalFailure(link.SendQueue.Next().Status);
        else
            Assert.Equal(Errno.EINVAL, errno);
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void A_result_of_another_size_than_8_bytes_is_not_posted(Medium medium)
    {
        using Rig rig = OpenWithAtomics(medium);
        Link link = rig.Connect();

        Errno errno = link.QueuePair.PostFetchAndAdd(
            new FetchAndAddWorkRequest(link.Region.Scatter(0, 4), link.Target, 1), 1);

        Assert.Equal(Errno.EINVAL, errno);
        Assert.Equal(
            Errno.EINVAL,
            link.QueuePair.PostCompareAndSwap(
                new CompareAndSwapWorkRequest(link.Region.Scatter(0, 16), link.Target, 1, 2), 1));
        link.SendQueue.AssertNone();
        link.AssertAlive();
    }

    private static Rig OpenWithAtomics(Medium medium)
    {
        Rig rig = Rig.Open(medium);
        bool able = rig.Context.Attributes.AtomicCapability != AtomicCapability.None;
        if (!able)
            rig.Dispose();
        Assert.SkipUnless(able, "The device has no atomic operations.");
        return rig;
    }

    private static Work Add(Link link, ulong value, ulong id = 1) => new(WorkRequestOpcode.FetchAndAdd, id)
    {
        Target = link.Target.Slice(64, 8), Compare = value,
    };

    private static Work Swap(Link link, ulong compare, ulong swap) => new(WorkRequestOpcode.CompareAndSwap, 1)
    {
        Target = link.Target.Slice(64, 8), Compare = compare, Swap = swap,
    };

    private static void Put(Link link, ulong value) => link.PeerMemory.Write(64, BitConverter.GetBytes(value));

    private static ulong Result(Link link) => BinaryPrimitives.ReadUInt64LittleEndian(link.Memory.Bytes(0, 8));
}
