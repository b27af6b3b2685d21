using System.Buffers.Binary;
using System.Collections.Concurrent;
using Scatterlist.Verbs.Contract.Tests.Media;
using Scatterlist.Verbs.Contract.Tests.Peers;
using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests;

/// <summary>Much work, all of it verified.</summary>
public sealed class LoadTests
{
    /// <summary>
    /// A million operations over all media together; fewer where each costs packets and loss, and as many as the
    /// environment says over a named device: a guest without hardware virtualisation is slow.
    /// </summary>
    public static TheoryData<Medium, int> Loads()
    {
        var rows = new TheoryData<Medium, int>();
        foreach (Medium medium in MediumList.All)
        {
            rows.Add(medium, medium switch
            {
                Medium.InProcessSameHost => 350_000,
                Medium.ProcessesSameHost => 400_000,
                Medium.InProcessUdp => 100_000,
                Medium.ProcessesUdp => 140_000,
                Medium.ProcessesUdpLossy => 10_000,
                _ => MediumList.Operations,
            });
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Loads))]
    public void Many_operations_of_every_kind_and_size_are_all_done_right(Medium medium, int operations)
    {
        using Rig rig = Rig.Open(medium);
        Link link = rig.Connect(
            new LinkOptions { SendDepth = MixedLoad.Window, QueueEntries = 256 }, memory: MixedLoad.MemoryLength);
        const int Slots = 64;
        PeerRegion rooms = rig.Peer.Register(Slots * MixedLoad.MaxMessage);
        var load = new MixedLoad(link, rig.Seed, operations);
        PeerTask sink = link.Peer.StartSink(rooms, Slots, MixedLoad.MaxMessage, seed: 0, load.Messages);

        load.Run();

        Assert.Equal("", sink.Finish());
        Assert.Equal(load.Sum, link.PeerMemory.ReadNumber(0));
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Sixty_four_queue_pairs_work_at_once(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        var options = new LinkOptions { QueueEntries = 64 };
        Link[] links = [.. Enumerable.Range(0, 64).Select(_ => rig.Connect(options, memory: 16 * 1024))];
        for (int round = 0; round < 5; round++)
        {
            for (int i = 0; i < links.Length; i++)
            {
                Link link = links[i];
                Pattern.Fill((ulong)(round * 64 + i), link.Memory.Bytes(0, 6000));
                link.PostPeerReceive(1, 8192, 6000);
                link.Post(link.Write(6000, 1));
                link.Post(Link.Send(6000, 2));
                link.Post(link.Read(6000, 3) with { Offset = 8192 });
            }

            for (int i = 0; i < links.Length; i++)
            {
                Assert.All(links[i].SendQueue.Next(3), wc => Assert.Equal(CompletionStatus.Success, wc.Status));
                Pattern.AssertIs((ulong)(round * 64 + i), links[i].Memory.Bytes(8192, 6000));
                Assert.Equal(CompletionStatus.Success, links[i].Peer.NextReceive().Status);
            }
        }

        for (int i = 0; i < links.Length; i++)
        {
            links[i].PeerMemory.AssertHolds((ulong)(4 * 64 + i), 0, 6000);
            links[i].PeerMemory.AssertHolds((ulong)(4 * 64 + i), 8192, 6000);
        }
    }

    [Theory]
    [ClassData(typeof(AllMedia))]
    public void Many_threads_post_to_one_queue_pair(Medium medium)
    {
        using Rig rig = Rig.Open(medium);
        const int Threads = 4;
        const int Each = 300;

        // A completion frees a place of the send queue before anybody polls it: the completions must all have room.
        Link link = rig.Connect(new LinkOptions { SendDepth = 128, QueueEntries = Threads * Each });
        var refusals = new ConcurrentQueue<Errno>();
        Thread[] threads =
        [
            .. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
            {
                for (int i = 0; i < Each; i++)
                {
                    // The slot of thread and operation, so that everything can be looked at in the end.
                    nuint place = (nuint)(thread * Each + i) * 8;
                    BinaryPrimitives.WriteUInt64LittleEndian(link.Memory.Bytes(place, 8), (ulong)place + 1);
                    var spin = default(SpinWait);
                    Errno errno;
                    while ((errno = link.Kit.Post(link.Write(8, (ulong)place, place), link.Region)) == Errno.ENOMEM)
                        spin.SpinOnce();
                    if (errno != Errno.None)
                        refusals.Enqueue(errno);
                }
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());

        var ids = new HashSet<ulong>();
        for (int i = 0; i < Threads * Each; i++)
        {
            Completion completion = link.SendQueue.Next();
            Assert.Equal(CompletionStatus.Success, completion.Status);
            Assert.True(ids.Add(completion.Id));
        }

        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(refusals);
        byte[] all = link.PeerMemory.Read(0, Threads * Each * 8);
        for (int i = 0; i < Threads * Each; i++)
            Assert.Equal((ulong)(i * 8 + 1), BitConverter.ToUInt64(all, i * 8));
    }
}
