namespace Scatterlist.Testing;

/// <summary>How a program ended and what it printed.</summary>
/// <param name="ExitCode">Its exit code; 128 and the signal's number when a signal ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record CProgramResult(int ExitCode, string Output, string Error);
