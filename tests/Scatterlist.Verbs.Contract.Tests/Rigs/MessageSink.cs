namespace Scatterlist.Verbs.Contract.Tests.Rigs;

/// <summary>
/// Receives a stream of messages and checks each: message n is the pattern <c>seed + n</c>, and comes n-th. Messages
/// with immediate data carry n there (also writes with immediate data, whose bytes lie elsewhere).
/// </summary>
internal sealed class MessageSink(
    QueuePairKit kit, RegisteredMemory memory, int slots, int slotLength, ulong seed, int messages)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30); // without any message

    internal void PostAll()
    {
        for (int slot = 0; slot < slots; slot++)
            Post(slot);
    }

    /// <summary>Takes all messages; what was wrong, or an empty text.</summary>
    internal string Run()
    {
        try
        {
            for (int taken = 0; taken < messages;)
            {
                IReadOnlyList<Completion> found = kit.ReceiveQueue.Collect(1, Limit, most: 32);
                if (found.Count == 0)
                    return $"After {taken} of {messages} messages none came any more.";
                foreach (Completion completion in found)
                {
                    if (Check(completion, taken) is { Length: > 0 } complaint)
                        return complaint;
                    Post((int)completion.Id);
                    taken++;
                }
            }

            return "";
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }

    private string Check(Completion completion, int number)
    {
        if (completion.Status != CompletionStatus.Success)
            return $"Message {number}: {completion}";
        if (completion.Immediate is { } immediate && immediate != (uint)number)
            return $"Message {number} carries {immediate}.";
        if (completion.Opcode != CompletionOpcode.Receive)
            return "";
        Span<byte> bytes = memory.Bytes((nuint)((int)completion.Id * slotLength), (int)completion.ByteLength);
        int place = Pattern.FindDifference(seed + (ulong)number, bytes);
        return place < 0 ? "" : $"Message {number} of {bytes.Length} bytes is wrong from byte {place} on.";
    }

    private void Post(int slot)
    {
        ScatterElement room = memory.Region.Scatter((nuint)(slot * slotLength), (nuint)slotLength);
        Errno errno = kit.QueuePair.PostReceive(new ReceiveWorkRequest(room), (ulong)slot);
        if (errno != Errno.None)
            throw new InvalidOperationException($"A receive was refused: {errno}.");
    }
}
