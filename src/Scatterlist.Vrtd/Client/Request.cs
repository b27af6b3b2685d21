using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>One request and what a reply to it must look like.</summary>
internal readonly ref struct Request
{
    public Request(Opcode opcode, ReadOnlySpan<byte> body, int minimumReply, string operation)
    {
        Opcode = opcode;
        Body = body;
        MinimumReply = minimumReply;
        Operation = operation;
    }

    public Opcode Opcode { get; }

    public ReadOnlySpan<byte> Body { get; }

    /// <summary>The shortest body, in bytes, that counts as success.</summary>
    public int MinimumReply { get; }

    /// <summary>The request with its arguments, for messages.</summary>
    public string Operation { get; }

    /// <summary>The descriptor that goes with the request, or null.</summary>
    public FileDescriptor? Descriptor { get; init; }

    /// <summary>Whether success brings exactly one descriptor; otherwise it must bring none.</summary>
    public bool BringsDescriptor { get; init; }

    /// <summary>Whether the request programs, resets or reclocks a card.</summary>
    public bool IsLong { get; init; }
}
