namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>Sends messages of one length as fast as the queue pair takes them.</summary>
internal sealed class MessageStorm(QueuePairKit kit, RegisteredMemory memory, int length, int count)
{
    /// <summary>Sends all; what went wrong, or an empty text.</summary>
    internal string Run()
    {
        GatherElement element = memory.Region.Gather(0, (nuint)length);
        int open = 0;
        for (int i = 0; i < count || open != 0;)
        {
            if (i < count && open < kit.Options.SendDepth)
            {
                Errno errno = kit.QueuePair.PostSend(new SendWorkRequest(element), (ulong)i++);
                if (errno != Errno.None)
                    return $"Message {i}: {errno}";
                open++;
                continue;
            }

            IReadOnlyList<Completion> found =
                kit.SendQueue.Collect(1, CompletionQueueCollecting.Limit, most: kit.Options.SendDepth);
            if (found.Count == 0 || found.Any(completion => completion.Status != CompletionStatus.Success))
                return $"Before message {i}: {string.Join(", ", found)}";
            open -= found.Count;
        }

        return "";
    }
}
