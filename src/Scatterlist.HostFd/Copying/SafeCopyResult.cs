using System.Globalization;

namespace Scatterlist.HostFd;

/// <summary>What a checked copy did.</summary>
public readonly struct SafeCopyResult : IEquatable<SafeCopyResult>
{
    /// <summary>Makes a result from its parts.</summary>
    public SafeCopyResult(ulong bytes, Errno errno = Errno.None, nint faultAddress = 0)
    {
        Bytes = bytes;
        Errno = errno;
        FaultAddress = faultAddress;
    }

    /// <summary>Bytes copied, in order from the first: with a fault, exactly those before it.</summary>
    public ulong Bytes { get; }

    /// <summary>
    /// None; EFAULT when memory could not be touched; EINVAL for an address that is not aligned; or why the kernel
    /// could
    /// not copy at all (ENOMEM, EMFILE).
    /// </summary>
    public Errno Errno { get; }

    /// <summary>
    /// The first address that could not be touched, with EFAULT; the misaligned one, with EINVAL; otherwise 0.
    /// </summary>
    public nint FaultAddress { get; }

    /// <summary>Whether everything was copied.</summary>
    public bool IsSuccess => Errno == Errno.None;

    /// <inheritdoc/>
    public bool Equals(SafeCopyResult other) =>
        Bytes == other.Bytes && Errno == other.Errno && FaultAddress == other.FaultAddress;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SafeCopyResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Bytes, Errno, FaultAddress);

    /// <summary>Whether both say the same.</summary>
    public static bool operator ==(SafeCopyResult left, SafeCopyResult right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(SafeCopyResult left, SafeCopyResult right) => !left.Equals(right);

    /// <summary>For people.</summary>
    public override string ToString() => IsSuccess
        ? string.Create(CultureInfo.InvariantCulture, $"{Bytes} bytes")
        : string.Create(
            CultureInfo.InvariantCulture, $"{Errno.Name()} at 0x{(nuint)FaultAddress:x} after {Bytes} bytes");
}
