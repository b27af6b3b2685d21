namespace Scatterlist.Opae;

public sealed partial class Accelerator
{
    /// <summary>
    /// Looks at what may keep this accelerator from working: whether it may reach memory at all, what it can do, how
    /// much more can be shared.
    /// </summary>
    /// <returns>What was found, with remedies.</returns>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public IReadOnlyList<FpgaFinding> Diagnose()
    {
        using Use use = Enter();
        List<FpgaFinding> findings = [.. Port.Diagnose()];
        findings.Add(CanReset
            ? new FpgaFinding("reset", FpgaFindingStatus.Ok, "supported")
            : new FpgaFinding("reset", FpgaFindingStatus.Limited, "the device has none: Reset() is refused"));
        findings.Add(InterruptCount != 0
            ? new FpgaFinding("interrupts", FpgaFindingStatus.Ok, $"{InterruptCount} vectors")
            : new FpgaFinding("interrupts", FpgaFindingStatus.Limited, "none: poll the device instead"));
        findings.Add(new FpgaFinding("buffers", FpgaFindingStatus.Ok, $"{BufferCount} prepared"));
        return findings;
    }

    /// <summary>Says what a device finds at an address: for accesses that never complete.</summary>
    /// <param name="address">The address that the device was given.</param>
    /// <exception cref="ObjectDisposedException">The accelerator is closed.</exception>
    public FpgaFinding Diagnose(IoAddress address)
    {
        using Use use = Enter();
        string name = $"address {address}";
        SharedBuffer? nearest = null;
        foreach (SharedBuffer buffer in _buffers.ToArray())
        {
            if (address >= buffer.IoAddress && address.Value - buffer.IoAddress.Value < buffer.MappedLength)
            {
                return new FpgaFinding(name, FpgaFindingStatus.Ok,
                    $"byte {address.Value - buffer.IoAddress.Value} of buffer {buffer.WorkspaceId}, "
                    + $"{buffer.MappedLength} bytes, {(buffer.IsReadOnly ? "read-only" : "read and write")}");
            }

            if (address > buffer.IoAddress && (nearest is null || buffer.IoAddress > nearest.IoAddress))
                nearest = buffer;
        }

        string below = nearest is null
            ? "no buffer lies below it"
            : $"the buffer below ends at {nearest.IoAddress + nearest.MappedLength}";
        return new FpgaFinding(name, FpgaFindingStatus.Broken, $"no live buffer has it; {below}",
            "Give the device an address from SharedBuffer.IoAddress, and keep the buffer until the device is done.");
    }
}
