using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class EmulatedDevice
{
    /// <summary>The management controller: sensors.</summary>
    internal const int ManagementFunction = 0;

    /// <summary>The DMA engine: buffers and queue pairs.</summary>
    internal const int QdmaFunction = 1;

    /// <summary>The control node: BARs and clocks.</summary>
    internal const int ControlFunction = 2;

    private const int Functions = 3;

    private int _removed;
    private bool _isAway;

    /// <summary>The shell that runs.</summary>
    internal ShellType Shell { get; private set; }

    internal bool IsJtagBoot { get; private set; }

    /// <summary>False while the card is reset: it is not in the daemon's table then.</summary>
    internal bool IsPresent
    {
        get
        {
            lock (_gate)
                return !_isAway;
        }
    }

    internal bool HasFunction(int function)
    {
        lock (_gate)
            return !IsRemoved(function);
    }

    /// <summary>
    /// Removes, resets or rescans one function, or all of them. Removing the DMA function destroys every client's
    /// buffers and queues without telling them, as on hardware.
    /// </summary>
    internal Errno Hotplug(HotplugOperation operation, byte function)
    {
        bool all = function == HotplugRequest.AllFunctions;
        int wanted = all ? (1 << Functions) - 1 : 1 << function;
        bool destroys = false;
        lock (_gate)
        {
            if (operation == HotplugOperation.Rescan)
            {
                _removed = 0;
                return Errno.None;
            }

            if (!all && (function >= Functions || (_removed & wanted) != 0))
                return Errno.ENODEV;
            if (operation != HotplugOperation.ToggleSecondaryBusReset)
            {
                destroys = (wanted & (1 << QdmaFunction)) != 0;
                _removed = operation == HotplugOperation.Remove ? _removed | wanted : 0;
            }
        }

        if (destroys)
            DestroyQueues();
        return Errno.None;
    }

    /// <summary>
    /// Boots the card anew, with another shell if one is given. It is away meanwhile; whatever was on it is gone.
    /// </summary>
    /// <returns>False when the daemon stopped before the card came back.</returns>
    internal bool Reset(ShellType shell, Action<CfgmemJobPhase> phase, CancellationToken stopping)
    {
        phase(CfgmemJobPhase.RemovingPcie);
        lock (_gate)
            _isAway = true;
        DestroyQueues();
        phase(CfgmemJobPhase.TogglingSecondaryBusReset);
        bool stopped = stopping.WaitHandle.WaitOne(_options.ResetDuration);
        phase(CfgmemJobPhase.Rescanning);
        lock (_gate)
        {
            _removed = 0;
            _serviceClock.Reset();
            _userClock.Reset();
            if (shell != ShellType.Unknown)
                Shell = shell;
            phase(CfgmemJobPhase.Rediscovering);
            _isAway = false;
        }

        return !stopped;
    }

    /// <summary>
    /// What SET_SHELL_STATE does: a known shell cannot be contradicted, a JTAG boot not be taken back.
    /// </summary>
    internal VrtdReturnCode SetShellState(ShellType shell, bool isJtagBoot)
    {
        if (shell is not (ShellType.Service or ShellType.Compute))
            return VrtdReturnCode.InvalidArgument;
        lock (_gate)
        {
            if ((Shell != ShellType.Unknown && Shell != shell) || (IsJtagBoot && !isJtagBoot))
                return VrtdReturnCode.Busy;
            Shell = shell;
            IsJtagBoot = isJtagBoot;
            return VrtdReturnCode.Ok;
        }
    }

    private void DestroyQueues()
    {
        ReleaseAll(_ => true);
        lock (_gate)
        {
            // Buffers that were opened meanwhile keep their queues; there are none while the function is away.
            if (_buffers.Count == 0)
            {
                _queues.Clear();
                AddDesignWriterQueue();
            }
        }
    }

    private bool IsRemoved(int function) => _isAway || (_removed & (1 << function)) != 0;
}
