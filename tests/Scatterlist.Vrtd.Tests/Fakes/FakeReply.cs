namespace Scatterlist.Vrtd.Tests;

/// <summary>What a fake daemon answers. By default a correct frame with the request's own number.</summary>
internal sealed record FakeReply
{
    /// <summary>A success that says nothing.</summary>
    public static FakeReply Done { get; } = new() { Body = [0] };

    /// <summary>No answer at all.</summary>
    public static FakeReply Silence { get; } = new() { IsSilent = true };

    /// <summary>The connection's end instead of an answer.</summary>
    public static FakeReply HangUp { get; } = new() { IsSilent = true, HangsUp = true };

    public ushort Code { get; init; }

    public byte[] Body { get; init; } = [];

    /// <summary>How many descriptors of the daemon's memory go along.</summary>
    public int Descriptors { get; init; }

    /// <summary>A number other than the request's.</summary>
    public uint? Sequence { get; init; }

    /// <summary>What the header states beyond the true length.</summary>
    public int StatedExtra { get; init; }

    /// <summary>Sends only the first bytes of the frame.</summary>
    public int? CutTo { get; init; }

    public bool IsSilent { get; init; }

    public bool HangsUp { get; init; }

    /// <summary>Waits for this before answering.</summary>
    public WaitHandle? After { get; init; }

    public static FakeReply Refusal(VrtdReturnCode code) => new() { Code = (ushort)code };

    public static FakeReply Of(params byte[] body) => new() { Body = body };

    public static FakeReply WithDescriptor(params byte[] body) => new() { Body = body, Descriptors = 1 };
}
