using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

public sealed partial class Device
{
    /// <summary>All functions of the card at once, for <see cref="Hotplug"/>. Version 2.</summary>
    public const int AllFunctions = HotplugRequest.AllFunctions;

    /// <summary>Reads a clock.</summary>
    /// <param name="region">Which one.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <returns>Hz. A version 2 daemon may say 0 for a clock that was never set.</returns>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public uint GetClockRate(ClockRegion region, CancellationToken cancellationToken = default) =>
        Client.OperateClock(Number, region, ClockOperation.Get, 0, cancellationToken);

    /// <summary>
    /// Sets a clock as near to a rate as its dividers allow. It takes up to seconds, for all clients.
    /// </summary>
    /// <param name="region">Which one.</param>
    /// <param name="hertz">The rate, at least 1.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon, which still sets it.</param>
    /// <returns>The rate it has become, in Hz.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rate of 0.</exception>
    /// <inheritdoc cref="GetClockRate"/>
    public uint SetClockRate(ClockRegion region, uint hertz, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(hertz);
        return Client.OperateClock(Number, region, ClockOperation.Set, hertz, cancellationToken);
    }

    /// <summary>Sets a clock to the highest rate not above the one asked for. Version 2.</summary>
    /// <inheritdoc cref="SetClockRate"/>
    public uint SetClockRateRoundDown(ClockRegion region, uint hertz, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(hertz);
        return Client.OperateClock(Number, region, ClockOperation.SetRoundDown, hertz, cancellationToken);
    }

    /// <summary>Reads the clock of the user region, in Hz.</summary>
    /// <inheritdoc cref="GetClockRate"/>
    public uint GetUserClockRate(CancellationToken cancellationToken = default) =>
        GetClockRate(ClockRegion.User, cancellationToken);

    /// <summary>Sets the clock of the user region.</summary>
    /// <inheritdoc cref="SetClockRate"/>
    public uint SetUserClockRate(uint hertz, CancellationToken cancellationToken = default) =>
        SetClockRate(ClockRegion.User, hertz, cancellationToken);

    /// <summary>Reads the clock of the service region, in Hz.</summary>
    /// <inheritdoc cref="GetClockRate"/>
    public uint GetServiceClockRate(CancellationToken cancellationToken = default) =>
        GetClockRate(ClockRegion.Service, cancellationToken);

    /// <summary>Sets the clock of the service region.</summary>
    /// <inheritdoc cref="SetClockRate"/>
    public uint SetServiceClockRate(uint hertz, CancellationToken cancellationToken = default) =>
        SetClockRate(ClockRegion.Service, hertz, cancellationToken);

    /// <summary>Rescans the PCI bus.</summary>
    /// <param name="cancellationToken">Stops waiting for the daemon, which carries on.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public void HotplugRescan(CancellationToken cancellationToken = default) =>
        Client.Hotplug(Number, HotplugOperation.Rescan, 0, ShellType.Unknown, cancellationToken);

    /// <summary>Removes a function from the bus.</summary>
    /// <param name="function">0 to 7, or <see cref="AllFunctions"/> with version 2.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon, which carries on.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such function.</exception>
    /// <inheritdoc cref="HotplugRescan"/>
    public void HotplugRemove(int function, CancellationToken cancellationToken = default) =>
        Client.Hotplug(
            Number, HotplugOperation.Remove, Function(function), ShellType.Unknown, cancellationToken);

    /// <summary>Resets the secondary bus above a function.</summary>
    /// <inheritdoc cref="HotplugRemove"/>
    public void HotplugToggleSecondaryBusReset(int function, CancellationToken cancellationToken = default) =>
        Client.Hotplug(
            Number,
            HotplugOperation.ToggleSecondaryBusReset,
            Function(function),
            ShellType.Unknown,
            cancellationToken);

    /// <summary>Removes a function, resets its bus and rescans.</summary>
    /// <inheritdoc cref="HotplugRemove"/>
    public void Hotplug(int function, CancellationToken cancellationToken = default) =>
        Client.Hotplug(
            Number, HotplugOperation.Hotplug, Function(function), ShellType.Unknown, cancellationToken);

    /// <summary>
    /// Boots the card anew. Every buffer on it, of every client, is gone afterwards, and this object describes the card
    /// as it was.
    /// </summary>
    /// <param name="shell">The shell to boot; a daemon below version 2 is not told.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon, which carries on.</param>
    /// <inheritdoc cref="HotplugRescan"/>
    public void ResetSequence(
        ShellType shell = ShellType.Unknown, CancellationToken cancellationToken = default) =>
        Client.Hotplug(Number, HotplugOperation.ResetSequence, 0, shell, cancellationToken);

    /// <summary>Tells the daemon which shell the card runs and whether JTAG booted it. Version 2.</summary>
    /// <param name="shell">The shell.</param>
    /// <param name="isJtagBoot">Whether JTAG booted it.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shell is neither service nor compute.</exception>
    /// <inheritdoc cref="HotplugRescan"/>
    public void SetShellState(
        ShellType shell, bool isJtagBoot, CancellationToken cancellationToken = default)
    {
        if (shell is not (ShellType.Service or ShellType.Compute))
            throw new ArgumentOutOfRangeException(nameof(shell), shell, "Service or Compute.");
        Client.SetShellState(Number, shell, isJtagBoot, cancellationToken);
    }

    private static byte Function(int function)
    {
        if (function is (< 0 or > 7) and not AllFunctions)
            throw new ArgumentOutOfRangeException(nameof(function), function, "0 to 7, or 255 for all.");
        return (byte)function;
    }
}
