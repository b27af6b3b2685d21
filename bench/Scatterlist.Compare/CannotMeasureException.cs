namespace Scatterlist.Compare;

/// <summary>Something that the measurement needs is missing or fails. The message says what and what to do.</summary>
internal sealed class CannotMeasureException(string message, Exception? inner = null) : Exception(message, inner);
