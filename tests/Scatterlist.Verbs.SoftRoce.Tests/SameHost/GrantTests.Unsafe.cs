using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;

namespace Scatterlist.Verbs.SoftRoce.Tests.SameHost;

[Collection(SameHostCollection.Name)]
public sealed unsafe class GrantTests : IDisposable
{
    private const uint Pair = 33;
    private const uint Key = 0x1234_5678;
    private const ulong Base = 0x10_0000;
    private const AccessFlags Read = AccessFlags.RemoteRead;
    private const AccessFlags Write = AccessFlags.RemoteWrite;
    private const AccessFlags All = Read | Write | AccessFlags.RemoteAtomic;

    private readonly TempDirectory _directory = new();
    private readonly TestPeer _owner;
    private readonly TestPeer _peer;
    private readonly PacketPath _toOwner;
    private readonly PacketPath _toPeer;
    private readonly HostBuffer _memory = Allocate("granted", 1 << 16);

    public GrantTests()
    {
        _owner = new TestPeer(_directory["meet"], "127.2.0.1");
        _peer = new TestPeer(_directory["meet"], "127.2.0.2");
        _toOwner = _peer.Connect(_owner)!;
        Assert.True(_toOwner.TryQueue(new byte[12], default, 0, 0, 0));
        _toOwner.Flush();
        _owner.WaitForPackets(1);
        _toPeer = _owner.LastPath!;
        _peer.Turn(); // reads the welcome
    }

    public void Dispose()
    {
        _peer.Dispose();
        _owner.Dispose();
        _memory.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_grant_reaches_the_owners_own_bytes()
    {
        Assert.True(TryBegin(Base, 8, Write) is null);
        Offer(All, Base, offset: 4096, length: 8192);
        byte* place = TryBegin(Base + 100, 50, Write);
        Assert.True(place is not null);
        new Span<byte>(place, 50).Fill(0xA5);
        _toOwner.Direct!.End();
        Assert.Equal(50, _memory.AsSpan(4096 + 100, 50).ToArray().Count(b => b == 0xA5));
        Assert.Equal(0, _memory.AsSpan(4096 + 99, 1)[0] | _memory.AsSpan(4096 + 150, 1)[0]);
        _memory.AsSpan(4096, 1)[0] = 7;
        Assert.Equal(7, *TryBegin(Base, 1, Read));
        _toOwner.Direct!.End();
    }

    [Fact]
    public void What_a_grant_does_not_cover_goes_by_packets()
    {
        Offer(Read, Base, offset: 0, length: 4096);
        Assert.True(TryBegin(Base, 4096, Read) is not null);
        Assert.True(TryBegin(Base, 0, Read) is null); // judged by nobody
        Assert.True(TryBegin(Base, 4097, Read) is null);
        Assert.True(TryBegin(Base + 1, 4096, Read) is null);
        Assert.True(TryBegin(Base - 1, 2, Read) is null);
        Assert.True(TryBegin(Base + 4096, 1, Read) is null);
        Assert.True(TryBegin(ulong.MaxValue - 1, 4096, Read) is null);
        Assert.True(TryBegin(Base + 8, ulong.MaxValue - 7, Read) is null);
        Assert.True(TryBegin(Base, 8, Write) is null);
        Assert.True(TryBegin(Base, 8, AccessFlags.RemoteAtomic) is null);
        Assert.True(_toOwner.Direct!.TryBegin(Pair, Key + 1, Base, 8, Read) is null);
        Assert.True(_toOwner.Direct.TryBegin(Pair + 1, Key, Base, 8, Read) is null);
    }

    [Fact]
    public void Without_the_right_to_write_the_peer_maps_the_memory_read_only()
    {
        Offer(Read, Base, 0, 4096);
        Assert.True(TryBegin(Base, 8, Read) is not null);
        _toOwner.Direct!.End();
        Assert.Single(MapsOf("granted"), line => line.Contains("r--s", StringComparison.Ordinal));
        Assert.Equal(2, Mappings.Count("granted")); // the owner's own is the other
    }

    [Fact]
    public void A_revoked_region_is_out_of_reach_and_unmapped()
    {
        Offer(All, Base, 0, 4096);
        Offer(All, Base, 4096, 4096, Key + 1);
        _owner.Service.RevokeRegion(Key);
        Assert.True(TryBegin(Base, 8, Read) is null);
        Assert.True(_toOwner.Direct!.TryBegin(Pair, Key + 1, Base, 8, Read) is not null);
        _toOwner.Direct.End();
        Assert.Equal(2, Mappings.Count("granted"));
        _owner.Service.RevokeRegion(Key + 1);
        _peer.Turn();
        Assert.Equal(1, Mappings.Count("granted"));

        Offer(All, Base, 0, 4096); // the same key again
        Assert.True(TryBegin(Base, 8, Read) is not null);
        _toOwner.Direct.End();
    }

    [Fact]
    public void A_queue_pair_that_stops_takes_only_its_own_grants_back()
    {
        Offer(All, Base, 0, 4096);
        Offer(All, Base, 0, 4096, Key, Pair + 1);
        _owner.Service.RevokeQueuePair(Pair);
        Assert.True(TryBegin(Base, 8, Read) is null);
        Assert.True(_toOwner.Direct!.TryBegin(Pair + 1, Key, Base, 8, Read) is not null);
        _toOwner.Direct.End();
    }

    [Fact]
    public void Memory_that_could_shrink_or_is_too_short_is_not_granted()
    {
        string path = _directory["file"];
        File.WriteAllBytes(path, new byte[8192]);
        using FileDescriptor file = HostFile.Open(path, OpenFlags.ReadWrite);
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, 4096, All, file, 0));
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, 1 << 16, All, _memory.Descriptor!, 4096));
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, ulong.MaxValue, All, _memory.Descriptor!, 4096));
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, 8, AccessFlags.LocalWrite, _memory.Descriptor!, 0));
        _peer.Turn();
        Assert.True(TryBegin(Base, 8, Write) is null);
        Assert.False(_toOwner.IsDead);
    }

    [Fact]
    public void Memory_whose_descriptor_cannot_be_used_is_not_granted_and_fails_nothing()
    {
        using HostBuffer closed = Allocate("closed", 4096);
        closed.Descriptor!.Dispose();
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, 4096, Read, closed.Descriptor!, 0));
        _toPeer.OfferGrant(new GrantOffer(Pair, Key, Base, 4096, All, closed.Descriptor!, 0));
        _peer.Turn();
        Assert.True(TryBegin(Base, 8, Read) is null);
        Assert.False(_toOwner.IsDead);
        Offer(All, Base, 0, 4096);
        Assert.True(TryBegin(Base, 8, Read) is not null);
        _toOwner.Direct!.End();
    }

    [Fact]
    public void More_grants_than_the_table_holds_are_simply_not_given()
    {
        for (uint i = 0; i < 3000; i++)
            Offer(All, Base, 0, 4096, i);
        int given = 0;
        for (uint i = 0; i < 3000; i++)
        {
            if (_toOwner.Direct!.TryBegin(Pair, i, Base, 8, Read) is null)
                continue;
            given++;
            _toOwner.Direct.End();
        }

        Assert.Equal(GrantLender.MaxGrants, given);
        _owner.Service.RevokeQueuePair(Pair);
        Offer(All, Base, 0, 4096, 2999);
        Assert.True(_toOwner.Direct!.TryBegin(Pair, 2999, Base, 8, Read) is not null);
        _toOwner.Direct.End();
        Assert.False(_toOwner.IsDead);
    }

    [Fact]
    public void A_closed_owner_is_out_of_reach()
    {
        Offer(All, Base, 0, 4096);
        _owner.Dispose();
        Assert.True(TryBegin(Base, 8, Write) is null);
        _peer.Turn();
        _peer.Turn();
        Assert.True(_toOwner.IsDead);
        Assert.Equal(1, Mappings.Count("granted"));
        Assert.True(TryBegin(Base, 8, Write) is null);
    }

    [Fact]
    public void An_access_allocates_nothing()
    {
        Offer(All, Base, 0, 4096);
        GrantOffer offer = OfferOf(All, Base, 0, 4096, Key, Pair);
        AllocationMeter.AssertNone(() =>
        {
            *TryBegin(Base + 8, 8, Write) = 1;
            _toOwner.Direct!.End();
            _toPeer.OfferGrant(in offer); // the peer has it already
        });
    }

    [Fact]
    public void After_a_revocation_not_a_byte_changes()
    {
        bool stop = false;
        Exception? failure = null;
        long accesses = 0;
        var writer = new Thread(() =>
        {
            try
            {
                while (!Volatile.Read(ref stop))
                {
                    _peer.Turn();
                    for (int i = 0; i < 50; i++)
                    {
                        byte* place = TryBegin(Base, 4096, Write);
                        if (place is null)
                            continue;
                        new Span<byte>(place, 4096).Fill((byte)(accesses | 1));
                        accesses++;
                        _toOwner.Direct!.End();
                    }
                }
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        writer.Start();
        try
        {
            Span<byte> memory = _memory.AsSpan(0, 4096);
            int seen = 0;
            long start = Environment.TickCount64;
            for (int round = 0; round < 20_000 && Environment.TickCount64 - start < 4000; round++)
            {
                long before = Volatile.Read(ref accesses);
                _toPeer.OfferGrant(OfferOf(All, Base, 0, 4096, Key, Pair));
                for (int i = 0; i < 20_000 && Volatile.Read(ref accesses) == before; i++)
                    Thread.SpinWait(10);
                seen += Volatile.Read(ref accesses) != before ? 1 : 0;
                _owner.Service.RevokeRegion(Key);
                memory.Clear();
                for (int i = 0; i < 20; i++)
                {
                    Assert.Equal(-1, memory.IndexOfAnyExcept((byte)0));
                    Thread.SpinWait(20);
                }

                _owner.Turn();
            }

            Assert.True(seen > 10, $"{seen} rounds met an access, {accesses} accesses in all");
        }
        finally
        {
            Volatile.Write(ref stop, true);
            writer.Join();
        }

        Assert.Null(failure);
    }

    [Fact]
    public void A_revocation_waits_for_the_access_that_is_under_way()
    {
        Offer(All, Base, 0, 4096);
        byte* place = TryBegin(Base, 8, Write);
        bool revoked = false;
        var revoker = new Thread(() =>
        {
            _owner.Service.RevokeRegion(Key);
            Volatile.Write(ref revoked, true);
        });
        revoker.Start();
        Thread.Sleep(100);
        Assert.False(Volatile.Read(ref revoked));
        *place = 1;
        _toOwner.Direct!.End();
        revoker.Join();
        Assert.True(TryBegin(Base, 8, Write) is null);
    }

    private static HostBuffer Allocate(string name, nuint length) =>
        HostBuffer.Allocate(length, new HostBufferOptions { IsShareable = true, Name = name });

    private static IEnumerable<string> MapsOf(string name) =>
        File.ReadAllLines("/proc/self/maps").Where(line => line.Contains(name, StringComparison.Ordinal));

    private GrantOffer OfferOf(AccessFlags rights, ulong address, ulong offset, ulong length, uint key, uint pair) =>
        new(pair, key, address, length, rights, _memory.Descriptor!, offset);

    private void Offer(
        AccessFlags rights, ulong address, ulong offset, ulong length, uint key = Key, uint pair = Pair)
    {
        _toPeer.OfferGrant(OfferOf(rights, address, offset, length, key, pair));
        _peer.Turn();
    }

    private byte* TryBegin(ulong address, ulong length, AccessFlags rights) =>
        _toOwner.Direct!.TryBegin(Pair, Key, address, length, rights);
}
