using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

internal sealed partial class PeerServer
{
    private void DoQueues(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        switch (verb)
        {
            case PeerVerb.CreateSharedReceiveQueue:
                reply.Write(Keep(Domain.CreateSharedReceiveQueue(request.ReadInt32(), request.ReadInt32())));
                break;
            case PeerVerb.PostShared:
                SharedReceiveQueue shared = Take<SharedReceiveQueue>(request);
                ScatterElement room = TakeRoom(request);
                reply.Write((int)shared.PostReceive(new ReceiveWorkRequest(room), request.ReadUInt64()));
                break;
            case PeerVerb.ArmShared:
                Take<SharedReceiveQueue>(request).SetLimit(request.ReadInt32());
                break;
            case PeerVerb.CreateQueuePair:
                ProtectionDomain domain = TakeDomain(request);
                LinkOptions options = LinkOptions.Read(request);
                var kit = QueuePairKit.Make(
                    domain, options,
                    options.SharedReceiveQueue == 0 ? null : (SharedReceiveQueue)_things[options.SharedReceiveQueue]);
                reply.Write(Keep(kit));
                reply.Write(kit.Endpoint.ToString());
                break;
            case PeerVerb.Connect:
                Take<QueuePairKit>(request).Connect(QueuePairEndpoint.Parse(request.ReadString()));
                break;
            case PeerVerb.ModifyState:
                Take<QueuePairKit>(request).QueuePair.Modify(
                    new QueuePairAttributes { State = (QueuePairState)request.ReadInt32() },
                    QueuePairAttributeMask.State);
                break;
            case PeerVerb.QueryState:
                reply.Write((int)Take<QueuePairKit>(request).QueuePair.Query(QueuePairAttributeMask.State).State);
                break;
            default:
                DoTraffic(verb, request, reply);
                break;
        }
    }

    private void DoTraffic(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        QueuePairKit kit = Take<QueuePairKit>(request);
        switch (verb)
        {
            case PeerVerb.PostSend:
                MemoryRegion region = TakeRegion(request);
                Work work = Work.Read(request);
                string destination = request.ReadString();
                uint key = request.ReadUInt32();
                reply.Write((int)(destination.Length == 0
                    ? kit.Post(work, region)
                    : kit.PostDatagram(work, region, QueuePairEndpoint.Parse(destination), key)));
                break;
            case PeerVerb.PostReceive:
                ScatterElement room = TakeRoom(request);
                ulong id = request.ReadUInt64();
                int count = request.ReadInt32();
                var errno = Errno.None;
                for (int i = 0; i < count && errno == Errno.None; i++)
                {
                    errno = room.Length == 0
                        ? kit.QueuePair.PostReceive(ReceiveWorkRequest.OnlyImmediate(), id + (ulong)i)
                        : kit.QueuePair.PostReceive(new ReceiveWorkRequest(room), id + (ulong)i);
                }

                reply.Write((int)errno);
                break;
            case PeerVerb.Poll:
                bool receives = request.ReadBoolean();
                IReadOnlyList<Completion> found = (receives ? kit.ReceiveQueue : kit.SendQueue)
                    .Collect(request.ReadInt32(), TimeSpan.FromMilliseconds(request.ReadInt32()));
                reply.Write(found.Count);
                foreach (Completion completion in found)
                    completion.Write(reply);
                break;
            default:
                throw new InvalidDataException($"There is no request {verb}.");
        }
    }

    private MemoryRegion TakeRegion(BinaryReader request) => Take(request) switch
    {
        RegisteredMemory memory => memory.Region,
        object region => (MemoryRegion)region,
    };

    private ScatterElement TakeRoom(BinaryReader request)
    {
        MemoryRegion region = TakeRegion(request);
        return region.Scatter((nuint)request.ReadUInt64(), (nuint)request.ReadUInt64());
    }
}
