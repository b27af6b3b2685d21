using Microsoft.Extensions.Logging;
using Scatterlist.Opae.Ports;

namespace Scatterlist.Opae;

/// <summary>
/// An object that an enumeration found. It names the object and says what is known of it; it holds nothing open, and
/// the object may be gone by the time it is opened. Immutable and thread-safe.
/// </summary>
public sealed class Token
{
    private readonly Func<FpgaOpenFlags, AcceleratorPort> _open;
    private readonly ILogger? _logger;

    internal Token(
        FpgaProvider provider, string name, FpgaProperties properties, Func<FpgaOpenFlags, AcceleratorPort> open,
        ILogger? logger = null)
    {
        Provider = provider;
        Name = name;
        Properties = properties;
        _open = open;
        _logger = logger;
    }

    /// <summary>What found it.</summary>
    public FpgaProvider Provider { get; }

    /// <summary>Its name among the provider's: a PCI address, a socket's path.</summary>
    public string Name { get; }

    /// <summary>What is known of it, as it was found.</summary>
    public FpgaProperties Properties { get; }

    /// <summary>Opens the accelerator.</summary>
    /// <param name="flags">For the caller alone, unless said otherwise and the device allows it.</param>
    /// <returns>The accelerator, which the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no such flags.</exception>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.Busy"/>: somebody has it open; <see cref="FpgaResult.NoAccess"/>: the permissions of its
    /// node; <see cref="FpgaResult.NoDriver"/>: no driver serves it, or there is no IOMMU;
    /// <see cref="FpgaResult.NotFound"/>: it is gone; <see cref="FpgaResult.NotSupported"/>: it is no accelerator.
    /// </exception>
    public Accelerator Open(FpgaOpenFlags flags = FpgaOpenFlags.Exclusive)
    {
        if ((flags & ~FpgaOpenFlags.Shared) != 0)
            throw new ArgumentOutOfRangeException(nameof(flags), flags, "There are no such open flags.");
        if (Properties.ObjectType == FpgaObjectType.Device)
        {
            throw new FpgaException(
                $"Open({Name})", FpgaResult.NotSupported, detail: "it is the FPGA itself; open one of its accelerators");
        }

        return new Accelerator(this, _open(flags));
    }

    /// <summary>Whether both name the same object.</summary>
    public bool IsSameObject(Token other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other) || (Provider.Name == other.Provider.Name && Name == other.Name
            && Properties.ObjectId == other.Properties.ObjectId);
    }

    /// <summary>The provider and the name.</summary>
    public override string ToString() => $"{Provider.Name} {Name}";

    internal void NoteRefusal(FpgaException exception)
    {
        if (_logger is not null)
            OpaeLog.Refused(_logger, Name, exception);
    }
}
