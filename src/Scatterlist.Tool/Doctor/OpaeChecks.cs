using Scatterlist.Opae;
using Scatterlist.Opae.SoftAccelerator;

namespace Scatterlist.Tool.Doctor;

/// <summary>What accelerators over VFIO need of this machine, and what stands in for them.</summary>
internal static class OpaeChecks
{
    private const string Family = "opae";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal static IEnumerable<Check> Run(CancellationToken stop)
    {
        // Locked memory and huge pages are told of for all families already.
        foreach (FpgaFinding finding in FpgaDoctor.Diagnose())
        {
            if (finding.Name is not ("locked memory" or "2 MiB pages" or "1 GiB pages"))
                yield return new Check(Family, finding.Name, StatusOf(finding.Status), finding.Found, finding.Remedy);
        }

        yield return LibOpaeFpgaProvider.TryLoad() is null
            ? new Check(Family, "libopae-c", CheckStatus.Absent, "not installed; only boards on the DFL driver need it")
            : new Check(Family, "libopae-c", CheckStatus.Ok, "version 2 loads");
        yield return Emulator(stop);
    }

    private static CheckStatus StatusOf(FpgaFindingStatus status) => status switch
    {
        FpgaFindingStatus.Ok => CheckStatus.Ok,
        FpgaFindingStatus.Limited => CheckStatus.Limited,
        FpgaFindingStatus.Missing => CheckStatus.Absent,
        _ => CheckStatus.Broken,
    };

    // The stand-in is tried for real: a page through it and back.
    private static Check Emulator(CancellationToken stop)
    {
        const string Name = "emulated accelerator";
        try
        {
            using var emulated = new EmulatedAccelerator();
            using Accelerator accelerator = emulated.Open();
            using var exerciser = LoopbackExerciser.Create(accelerator);
            using SharedBuffer source = accelerator.PrepareBuffer(4096, BufferFlags.ReadOnly);
            using SharedBuffer destination = accelerator.PrepareBuffer(4096);
            Random.Shared.NextBytes(source.AsSpan());
            LoopbackResult result = exerciser.Copy(destination, source, 4096, Patience, stop);
            return result.IsSuccess && source.AsSpan().SequenceEqual(destination.AsSpan())
                ? new Check(Family, Name, CheckStatus.Ok, "works")
                : new Check(Family, Name, CheckStatus.Broken, "other bytes came back than were sent");
        }
        catch (ScatterlistException exception)
        {
            return Check.Failed(Family, Name, CheckStatus.Broken, exception);
        }
    }
}
