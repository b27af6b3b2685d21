namespace Scatterlist.Tool;

/// <summary>A command line that the parser accepts and we do not: the text says what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);
