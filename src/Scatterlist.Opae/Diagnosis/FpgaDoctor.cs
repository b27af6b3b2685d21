using Scatterlist.Opae.Diagnosis;

namespace Scatterlist.Opae;

/// <summary>
/// Looks at what accelerators need of this machine and says, for what is missing or limited, the command that mends it.
/// Nothing is opened or changed. Thread-safe.
/// </summary>
public static class FpgaDoctor
{
    /// <summary>The machine, and every device that is on vfio-pci or is an FPGA that OPAE knows.</summary>
    public static IReadOnlyList<FpgaFinding> Diagnose() => Diagnose(new SystemView());

    /// <summary>One device.</summary>
    /// <param name="pciAddress">Its address, as <c>0000:03:00.0</c>.</param>
    /// <exception cref="ArgumentException">That is no PCI address.</exception>
    public static IReadOnlyList<FpgaFinding> Diagnose(string pciAddress) => Diagnose(new SystemView(), pciAddress);

    internal static IReadOnlyList<FpgaFinding> Diagnose(SystemView system)
    {
        List<FpgaFinding> findings = [.. MachineDiagnosis.Run(system)];
        string[] devices = [.. DeviceDiagnosis.FindCandidates(system)];
        if (devices.Length == 0)
        {
            findings.Add(new FpgaFinding("accelerators", FpgaFindingStatus.Missing, "no FPGA and nothing on vfio-pci",
                "Without a card: 'sgl opae emulate --socket PATH', then --socket PATH."));
        }

        foreach (string device in devices)
            findings.AddRange(DeviceDiagnosis.Run(system, device));
        return findings;
    }

    internal static IReadOnlyList<FpgaFinding> Diagnose(SystemView system, string pciAddress)
    {
        ArgumentNullException.ThrowIfNull(pciAddress);
        return Providers.SystemDevices.TryParseAddress(pciAddress, out _)
            ? [.. DeviceDiagnosis.Run(system, pciAddress)]
            : throw new ArgumentException($"'{pciAddress}' is no PCI address, as 0000:03:00.0.", nameof(pciAddress));
    }
}
