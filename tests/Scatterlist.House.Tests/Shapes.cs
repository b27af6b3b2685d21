namespace Scatterlist.House.Tests;

/// <summary>A bit of every kind of member, to show how the API text writes it.</summary>
public static class Shapes
{
    /// <summary>An enum with another base.</summary>
    [Flags]
    public enum Choice : ushort
    {
        /// <summary>Nothing.</summary>
        None = 0,

        /// <summary>One.</summary>
        One = 1,

        /// <summary>Two.</summary>
        Two = 2,
    }

    /// <summary>A record.</summary>
    public readonly record struct Pair(int Left, string? Right);

    /// <summary>A class.</summary>
    public abstract class Sample : List<string?>, IDisposable
    {
        /// <summary>A constant.</summary>
        public const int Size = 16;

        private readonly nuint _size;

        /// <summary>A constructor with defaults.</summary>
        protected Sample(nuint size = 4, string? name = null, Choice choice = Choice.One)
        {
            _size = size + (nuint)choice;
            Name = name;
        }

        /// <summary>A property with two kinds of access.</summary>
        public string? Name { get; protected set; }

        /// <summary>An indexer.</summary>
        public int this[string key] => key.Length;

        /// <summary>A static method.</summary>
        public static Task<List<string?>?> Load(string path, params int[] more) =>
            Task.FromResult<List<string?>?>([path, more.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

        /// <summary>Parameters by reference.</summary>
        public abstract bool Try(ReadOnlySpan<byte> data, out int count, in Pair pair);

        /// <summary>Defaults of a value that may be null, of a struct, and of an enum with two flags.</summary>
        public void Wait(ulong? limit = null, TimeSpan time = default, Choice choice = Choice.One | Choice.Two) =>
            _ = (limit, time, choice, _size);

        /// <inheritdoc/>
        public override string ToString() => $"{Name} {_size}";

        /// <inheritdoc/>
        public void Dispose() => GC.SuppressFinalize(this);

        internal static int Hidden() => 1;
    }
}
