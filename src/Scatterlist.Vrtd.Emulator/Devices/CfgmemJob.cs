using System.Diagnostics;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>One job that programs configuration memory. Thread-safe.</summary>
internal sealed class CfgmemJob(ulong id, ulong owner)
{
    private readonly Lock _gate = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private CfgmemStatusResponse _status = new(
        id, CfgmemJobState.Queued, CfgmemJobPhase.Queued, 0, 0, 0, VrtdReturnCode.Ok);

    internal ulong Id => id;

    internal ulong Owner => owner;

    internal CfgmemStatusResponse Status
    {
        get
        {
            lock (_gate)
            {
                return IsOver(_status.State)
                    ? _status
                    : _status with { ElapsedMilliseconds = Elapsed() };
            }
        }
    }

    /// <summary>Reads the image to its end, which stands for writing it, and boots the card from it.</summary>
    internal VrtdReturnCode Run(
        EmulatedDevice device, FileDescriptor image, FileDescriptor? waiting, CancellationToken stopping)
    {
        VrtdReturnCode code = Download(image, waiting, stopping);
        if (code == VrtdReturnCode.Ok)
        {
            Enter(CfgmemJobPhase.SelectingPartition);
            Enter(CfgmemJobPhase.PreparingReset);
            if (!device.Reset(ShellType.Unknown, Enter, stopping))
                code = VrtdReturnCode.InternalError;
        }

        bool done = code == VrtdReturnCode.Ok;
        lock (_gate)
        {
            _status = _status with
            {
                State = done ? CfgmemJobState.Done : CfgmemJobState.Failed,
                Phase = done ? CfgmemJobPhase.Done : CfgmemJobPhase.Failed,
                ElapsedMilliseconds = Elapsed(),
                Result = code,
            };
        }

        return code;
    }

    private VrtdReturnCode Download(FileDescriptor image, FileDescriptor? waiting, CancellationToken stopping)
    {
        Enter(CfgmemJobPhase.OpeningAmi);
        ulong total = InputStream.LengthOf(image);
        Enter(CfgmemJobPhase.Downloading);
        byte[] chunk = GC.AllocateUninitializedArray<byte>(1 << 20);
        while (true)
        {
            IoResult read = InputStream.Read(image, chunk, waiting, stopping);
            if (!read.IsSuccess)
                return HotplugErrno.ToReturnCode(read.Errno);
            if (read.Bytes == 0)
                return VrtdReturnCode.Ok;
            lock (_gate)
            {
                ulong written = _status.BytesWritten + read.Bytes;
                _status = _status with { BytesWritten = written, BytesTotal = Math.Max(total, written) };
            }
        }
    }

    private void Enter(CfgmemJobPhase phase)
    {
        lock (_gate)
            _status = _status with { State = CfgmemJobState.Running, Phase = phase };
    }

    private ulong Elapsed() => (ulong)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    private static bool IsOver(CfgmemJobState state) => state >= CfgmemJobState.Done;
}
