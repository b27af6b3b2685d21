using System.Globalization;
using Scatterlist.Verbs.SoftRoce;

namespace Scatterlist.Verbs.Contract.Tests.Media;

/// <summary>Opens the device of a side. The only place of the suite that knows a provider.</summary>
internal static class DeviceOpener
{
    static DeviceOpener() => SoftRoceProvider.Register();

    internal static Context Open(MediumSpec spec)
    {
        if (spec.Device.Length != 0)
            return Device.Open(spec.Device);

        // Loss and damage happen on each way, so that a message and its answer meet twice of each.
        string? faults = spec.Faults == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"loss={spec.Faults},dup={spec.Faults},reorder={spec.Faults},corrupt={spec.Faults},seed={spec.Seed}");
        return SoftNic.Open(new SoftNicOptions { SameHost = spec.SameHost, Faults = faults, CapturePath = null });
    }
}
