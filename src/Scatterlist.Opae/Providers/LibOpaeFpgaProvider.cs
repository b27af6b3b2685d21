using System.Globalization;
using Scatterlist.Opae.Interop;
using Scatterlist.Opae.Ports;
using Scatterlist.Opae.Providers;

namespace Scatterlist.Opae;

/// <summary>
/// Accelerators by way of libopae-c, OPAE's own library, where the user has it: for boards on its DFL driver, which VFIO
/// cannot have. Its plugins keep less of the contract than the header promises; what they do not keep is refused here
/// with a reason, and none of its numbers ever comes from a caller.
/// </summary>
public sealed class LibOpaeFpgaProvider : FpgaProvider
{
    private const ulong DefaultMmioLength = 256 << 10; // the space of an accelerator function behind a port

    private readonly OpaeLibrary _library;

    private LibOpaeFpgaProvider(OpaeLibrary library) => _library = library;

    /// <inheritdoc/>
    public override string Name => "libopae-c";

    /// <summary>Loads the library.</summary>
    /// <param name="path">Its path; null for <c>libopae-c.so.2</c> where the loader finds it.</param>
    /// <exception cref="FpgaException">
    /// <see cref="FpgaResult.NotFound"/>: it is not there, or not version 2.
    /// </exception>
    public static LibOpaeFpgaProvider Load(string? path = null) => TryLoad(path, out string? problem)
        ?? throw new FpgaException($"load {path ?? OpaeLibrary.FileName}", FpgaResult.NotFound, detail: problem,
            remedy: "Install OPAE's libopae-c 2, or reach accelerators on vfio-pci without it.");

    /// <summary>Loads the library; null where it is not there, or not version 2.</summary>
    /// <param name="path">Its path; null for <c>libopae-c.so.2</c> where the loader finds it.</param>
    public static LibOpaeFpgaProvider? TryLoad(string? path = null) => TryLoad(path, out _);

    internal override IEnumerable<Token> GetTokens()
    {
        List<Token> found = [];
        FpgaResult result = OpaeTokens.ForEach(_library, (_, properties) =>
        {
            string name = NameOf(properties);
            found.Add(new Token(this, name, properties, flags => Open(name, properties, flags)));
            return true;
        });
        return result is FpgaResult.Ok or FpgaResult.NotFound
            ? found
            : throw new FpgaException("fpgaEnumerate", result, detail: "libopae-c's answer");
    }

    private static LibOpaeFpgaProvider? TryLoad(string? path, out string? problem) =>
        OpaeLibrary.TryLoad(path ?? OpaeLibrary.FileName, out problem) is { } library
            ? new LibOpaeFpgaProvider(library)
            : null;

    private static string NameOf(FpgaProperties properties) => string.Create(CultureInfo.InvariantCulture,
        $"{properties.Segment ?? 0:x4}:{properties.Bus ?? 0:x2}:{properties.Device ?? 0:x2}.{properties.Function ?? 0:x}"
        + $"/{properties.ObjectId ?? 0:x}");

    // The library's tokens are found again and given back at once: one that is kept would dangle when a board is reset.
    private LibOpaePort Open(string name, FpgaProperties wanted, FpgaOpenFlags flags)
    {
        OpaeDevice? device = null;
        FpgaResult opened = FpgaResult.NotFound;
        FpgaProperties actual = wanted;
        FpgaResult listed = OpaeTokens.ForEach(_library, (token, properties) =>
        {
            if (NameOf(properties) != name || properties.ObjectType != wanted.ObjectType)
                return true;
            actual = properties;
            opened = OpaeTokens.Open(_library, token, flags, out nint handle);
            if (opened == FpgaResult.Ok)
                device = new OpaeDevice(_library, handle);
            return false;
        });
        if (device is null)
        {
            throw new FpgaException($"fpgaOpen({name})", listed == FpgaResult.Ok ? opened : listed,
                detail: "libopae-c's answer", remedy: opened == FpgaResult.Busy
                    ? "Its VFIO plugin says so for a node that it may not open, too: 'sgl doctor' tells which it is."
                    : null);
        }

        return new LibOpaePort(device, actual, SystemDevices.BarLength(actual) ?? DefaultMmioLength);
    }
}
