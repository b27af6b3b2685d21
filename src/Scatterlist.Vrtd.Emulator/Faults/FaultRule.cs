using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>When, and how, the emulated daemon misbehaves.</summary>
public sealed record FaultRule
{
    /// <summary>What it does.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>Which requests it looks at; all when null.</summary>
    public Opcode? Opcode { get; init; }

    /// <summary>How many of these requests pass unharmed before the first fault.</summary>
    public int Skip { get; init; }

    /// <summary>How many requests are harmed then; <see cref="int.MaxValue"/> never ends.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The delay of <see cref="FaultKind.Delay"/>; 100 ms unless set.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The code of <see cref="FaultKind.ReturnCode"/>; any number goes onto the wire as it is.</summary>
    public VrtdReturnCode Code { get; init; } = VrtdReturnCode.Busy;

    /// <summary>
    /// For <see cref="FaultKind.ShortBody"/> the bytes to cut, for <see cref="FaultKind.TruncatedMemory"/> where the
    /// memory ends, in bytes.
    /// </summary>
    public ulong Length { get; init; }

    /// <summary>
    /// Reads a rule: <c>KIND[@REQUEST][,skip=N][,count=N|all][,delay=MS][,code=NAME|N][,length=BYTES]</c>, names in
    /// any case and with or without dashes or underscores: <c>busy@buffer-open,skip=3</c> (a code's name stands for
    /// that answer), <c>delay,delay=200,count=all</c>, <c>missing-descriptor@get-bar-fd</c>.
    /// </summary>
    /// <exception cref="FormatException">The text is no rule; the message says why.</exception>
    public static FaultRule Parse(string text) => FaultRuleText.Parse(text);
}
