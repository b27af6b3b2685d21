using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>What to do about each way in which the daemon refuses, in the words of its own configuration.</summary>
internal static class VrtdRemedies
{
    public const string Journal =
        "The cause stands in the daemon's log only: 'journalctl -u vrtd -e'.";

    public static string NoDaemon(string path) =>
        "Start the daemon ('sudo systemctl start vrtd.socket'), or the emulated one: "
        + $"'sgl vrtd emulate --socket {path}'.";

    public static string NoAccess(string path) =>
        $"The socket lets its owner and group in only: see 'ls -l {path}'; join its group with "
        + "'sudo usermod -aG vrt $USER' and log in again.";

    public static string? For(Opcode opcode, VrtdReturnCode code) => code switch
    {
        VrtdReturnCode.AuthError => Permission(opcode),
        VrtdReturnCode.Busy => Busy(opcode),
        VrtdReturnCode.InvalidArgument => Limits(opcode),
        VrtdReturnCode.NotExist => opcode switch
        {
            Opcode.GetBarFd => "The BAR is not usable: Bar.IsUsable tells.",
            Opcode.BufferClose => "The buffer was closed before, or a reset of the card took it away.",
            Opcode.CfgmemProgramStatus => "The daemon knows no such job, or was restarted since.",
            _ => "'sgl vrtd list' shows the devices the daemon has.",
        },
        VrtdReturnCode.BadRequest => opcode switch
        {
            Opcode.GetBarInfo or Opcode.GetBarFd => "BARs are numbered 0 to 5.",
            >= Opcode.CfgmemProgram => "The daemon does not know this request, which came with version 2 of vrtd.",
            _ => "The daemon does not understand this form of the request: its version is not one this client knows.",
        },
        VrtdReturnCode.InternalError => opcode switch
        {
            Opcode.BufferOpen or Opcode.BufferOpenRaw or Opcode.QdmaQueuePairAdd =>
                "Often no queue pair is left: close buffers that are not needed. " + Journal,
            _ => Journal,
        },
        VrtdReturnCode.ShellLocked =>
            "The card was booted by JTAG, so the daemon does not switch its shell: boot the wanted shell by JTAG, or "
            + "reset the card.",
        _ => null,
    };

    private static string Permission(Opcode opcode)
    {
        string? word = opcode switch
        {
            Opcode.GetBarFd => "bar-access = full",
            Opcode.QdmaQueuePairAdd or Opcode.QdmaQueuePairOperation or Opcode.QdmaQueuePairGetFd => "qdma = yes",
            Opcode.BufferOpen => "buffer = yes",
            Opcode.BufferOpenRaw => "raw-mem-access = yes",
            Opcode.DesignWrite => "design-write = yes",
            Opcode.ClockOperation => "clock = yes",
            Opcode.DeviceHotplug or Opcode.SetShellState => "pcie-hotplug = yes",
            Opcode.CfgmemProgram or Opcode.CfgmemProgramStart => "cfgmem-program = yes",
            _ => null,
        };
        return opcode switch
        {
            Opcode.BufferClose => "Only the session that opened a buffer may close it, and it needs 'buffer = yes'.",
            Opcode.CfgmemProgramStatus => "Only the session that started a job may ask for it.",
            _ when word is null => "Give this user a role with 'query-devices = yes' in /etc/vrt/vrtd.conf, or add the "
                + "user to the group vrtadmin: 'sudo usermod -aG vrtadmin $USER'.",
            _ => $"Give this user a role with '{word}' for the device in /etc/vrt/vrtd.conf, or add the user to the "
                + "group vrtadmin: 'sudo usermod -aG vrtadmin $USER'. A device that does not exist is refused this way "
                + "too.",
        };
    }

    private static string Busy(Opcode opcode) => opcode switch
    {
        Opcode.BufferOpen =>
            "The card has no run of free memory this long: close buffers (one byte costs 64 MiB), try another HBM "
            + "region or DDR, or ask for less.",
        Opcode.SetShellState => "The daemon knows a different shell already; a reset sequence clears it.",
        _ => "The card is being programmed: wait for that to end and try again.",
    };

    private static string? Limits(Opcode opcode) => opcode switch
    {
        Opcode.BufferOpen =>
            "A buffer has 1 byte to 512 MiB and lies within one region; an HBM region is 0 to 63.",
        Opcode.BufferOpenRaw => "A raw buffer has at least 1 byte.",
        Opcode.ClockOperation => "A rate is positive, the region service or user; rounding down came with version 2.",
        Opcode.DeviceHotplug =>
            "A function is 0 to 7, or 255 for all with version 2; the daemon also answers this when the host has no "
            + "/dev/slash_hotplug.",
        Opcode.SetShellState or Opcode.DesignWrite => "A shell is Service or Compute.",
        Opcode.GetDeviceByBdf => "A PCI address reads DDDD:BB:DD, as 'sgl vrtd list' shows it.",
        _ => null,
    };
}
