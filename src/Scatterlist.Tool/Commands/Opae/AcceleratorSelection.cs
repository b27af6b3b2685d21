using System.CommandLine;
using Scatterlist.Opae;
using Scatterlist.Opae.SoftAccelerator;

namespace Scatterlist.Tool.Commands.Opae;

/// <summary>Which accelerators a command is about: this machine's, one behind a socket, or the embedded one.</summary>
internal sealed class AcceleratorSelection : IDisposable
{
    private readonly EmulatedAccelerator? _embedded;

    private AcceleratorSelection(FpgaProvider provider, string? device, EmulatedAccelerator? embedded)
    {
        Provider = provider;
        Device = device;
        _embedded = embedded;
    }

    /// <summary>Where a vfio-user server listens.</summary>
    internal static Option<string?> Socket { get; } = new("--socket", "-s")
    {
        Description = "A device behind this vfio-user socket, as 'sgl opae emulate' serves.",
        HelpName = "PATH",
    };

    /// <summary>Which of this machine's.</summary>
    internal static Option<string?> Address { get; } = new("--device", "-d")
    {
        Description = "The accelerator at this PCI address (03:00.0, 0000:03:00.0).",
        HelpName = "ADDRESS",
    };

    /// <summary>The emulated one in this process.</summary>
    internal static Option<string?> Kind { get; } = CreateKind();

    /// <summary>By way of OPAE's own library.</summary>
    internal static Option<bool> Library { get; } = new("--libopae")
    {
        Description = "Find accelerators with libopae-c: boards on the DFL driver too.",
    };

    internal FpgaProvider Provider { get; }

    /// <summary>Whether it is the emulated one in this process.</summary>
    internal bool IsEmbedded => _embedded is not null;

    /// <summary>The emulated one in this process; null for another.</summary>
    internal EmulatedAccelerator? Embedded => _embedded;

    private string? Device { get; }

    internal static AcceleratorSelection Create(ParseResult parsed)
    {
        string? socket = parsed.GetValue(Socket);
        string? device = parsed.GetValue(Address);
        string? kind = parsed.GetValue(Kind);
        bool isLibrary = parsed.GetValue(Library);
        if ((socket is null ? 0 : 1) + (device is null ? 0 : 1) + (kind is null ? 0 : 1) + (isLibrary ? 1 : 0) > 1)
            throw new UsageException("--socket, --device, --emulated and --libopae exclude each other");
        if (isLibrary)
            return new AcceleratorSelection(LibOpaeFpgaProvider.Load(), null, null);
        if (socket is not null)
            return new AcceleratorSelection(VfioFpgaProvider.FromSocket(socket), null, null);
        if (kind is null)
            return new AcceleratorSelection(VfioFpgaProvider.FromSystem(), device, null);
        return Embed(ParseKind(kind));
    }

    /// <summary>As <see cref="Create"/>; with nothing named and no accelerator in the machine, the embedded one.</summary>
    internal static AcceleratorSelection CreateOrEmbed(ParseResult parsed)
    {
        AcceleratorSelection selection = Create(parsed);
        bool isNamed = parsed.GetValue(Socket) is not null || parsed.GetValue(Address) is not null
            || parsed.GetValue(Library);
        return isNamed || selection.IsEmbedded || selection.Find().Count != 0
            ? selection
            : Embed(AcceleratorKind.HostExerciserLoopback);
    }

    internal static AcceleratorSelection Embed(AcceleratorKind kind)
    {
        var embedded = new EmulatedAccelerator(new EmulatedAcceleratorOptions { Kind = kind });
        return new AcceleratorSelection(embedded.Provider, null, embedded);
    }

    internal static AcceleratorKind ParseKind(string text) => text switch
    {
        "he-mem" => AcceleratorKind.HostExerciserMemory,
        "nlb0" => AcceleratorKind.NativeLoopback,
        _ => AcceleratorKind.HostExerciserLoopback,
    };

    /// <summary>The accelerators that are meant; none at all is only a failure when one was named.</summary>
    internal IReadOnlyList<Token> Find()
    {
        IReadOnlyList<Token> all = Provider.Enumerate();
        if (Device is null)
            return all;
        Token[] named = [.. all.Where(token => token.Name == Device || token.Name == "0000:" + Device)];
        return named.Length > 0 ? named : throw new FpgaException($"looking for {Device}", FpgaResult.NotFound,
            detail: "no device bound to vfio-pci has this address", remedy: "'sgl doctor' says how to bind it.");
    }

    /// <summary>The first of them.</summary>
    internal Token FindOne()
    {
        IReadOnlyList<Token> found = Find();
        return found.Count > 0 ? found[0] : throw new FpgaException(
            "looking for an accelerator", FpgaResult.NotFound, detail: "there is none",
            remedy: "'sgl doctor' looks for what is missing; --emulated he-lb uses the emulated one.");
    }

    public void Dispose() => _embedded?.Dispose();

    private static Option<string?> CreateKind()
    {
        var option = new Option<string?>("--emulated")
        {
            Description = "An emulated accelerator within this process: he-lb, he-mem or nlb0.",
            HelpName = "KIND",
        };
        option.AcceptOnlyFromAmong("he-lb", "he-mem", "nlb0");
        return option;
    }
}
