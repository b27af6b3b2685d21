using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

internal sealed partial class PeerServer
{
    private static readonly TimeSpan BackgroundLimit = TimeSpan.FromMinutes(2);

    private void DoBackground(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        switch (verb)
        {
            case PeerVerb.StartSink:
                var sink = new MessageSink(
                    Take<QueuePairKit>(request), Take<RegisteredMemory>(request), request.ReadInt32(),
                    request.ReadInt32(), request.ReadUInt64(), request.ReadInt32());
                sink.PostAll(); // before the reply: the first message may come at once
                reply.Write(Keep(Task.Factory.StartNew(sink.Run, TaskCreationOptions.LongRunning)));
                break;
            case PeerVerb.StartWatch:
                var watch = new WriteWatch(
                    Take<RegisteredMemory>(request), request.ReadInt32(), request.ReadInt32());
                reply.Write(Keep(Task.Factory.StartNew(watch.Run, TaskCreationOptions.LongRunning)));
                break;
            case PeerVerb.StartSends:
                var sends = new MessageStorm(
                    Take<QueuePairKit>(request), Take<RegisteredMemory>(request), request.ReadInt32(),
                    request.ReadInt32());
                reply.Write(Keep(Task.Factory.StartNew(sends.Run, TaskCreationOptions.LongRunning)));
                break;
            case PeerVerb.Finish:
                Task<string> task = Take<Task<string>>(request);
                if (!task.Wait(BackgroundLimit))
                    throw new TimeoutException("What was started does not end.");
                reply.Write(task.Result);
                break;
            default:
                throw new InvalidDataException($"There is no request {verb}.");
        }
    }
}
