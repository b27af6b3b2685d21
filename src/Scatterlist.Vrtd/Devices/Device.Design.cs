using Scatterlist.Vrtd.Client;

namespace Scatterlist.Vrtd;

public sealed partial class Device
{
    /// <summary>
    /// Programs a design (a PDI), and returns when the daemon has. It reads the descriptor to its end, at most 1 GiB,
    /// then writes the card and brings it back on the bus.
    /// </summary>
    /// <param name="design">The design, from the descriptor's own position. It stays the caller's.</param>
    /// <param name="requiredShell">
    /// The shell that the design needs, which a version 2 daemon boots first; ignored below version 2.
    /// </param>
    /// <param name="cancellationToken">Stops waiting for the daemon, which carries on.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">
    /// The daemon refused: busy with another design, a missing permission, a locked shell. A version 1 daemon says
    /// nothing when the card did not take the design.
    /// </exception>
    public void DesignWrite(
        FileDescriptor design,
        ShellType requiredShell = ShellType.Compute,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(design);
        Client.WriteDesign(Number, design, requiredShell, cancellationToken);
    }

    /// <summary>Programs a design from a file, whose descriptor the daemon reads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requiredShell">See <see cref="DesignWrite(FileDescriptor, ShellType, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon, which carries on.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <inheritdoc cref="DesignWrite(FileDescriptor, ShellType, CancellationToken)"/>
    public void DesignWriteFile(
        string path, ShellType requiredShell = ShellType.Compute, CancellationToken cancellationToken = default)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using FileDescriptor descriptor =
            FileDescriptor.DuplicateOf((int)file.SafeFileHandle.DangerousGetHandle());
        DesignWrite(descriptor, requiredShell, cancellationToken);
    }

    /// <summary>
    /// Programs a design from a stream, through a pipe. The wire tells no progress: what is reported is how many bytes
    /// the daemon has taken out of the pipe. It writes the card after the last of them, so the full count is not the
    /// end; the task's is.
    /// </summary>
    /// <param name="design">The design, read to its end.</param>
    /// <param name="requiredShell">See <see cref="DesignWrite(FileDescriptor, ShellType, CancellationToken)"/>.</param>
    /// <param name="progress">Told the bytes that the daemon has taken; may be null.</param>
    /// <param name="cancellationToken">
    /// Ends the pipe and the wait. The daemon takes the pipe's end for the design's, so a cancelled design leaves the
    /// card in need of another.
    /// </param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <inheritdoc cref="DesignWrite(FileDescriptor, ShellType, CancellationToken)"/>
    public async Task DesignWriteAsync(
        Stream design,
        ShellType requiredShell = ShellType.Compute,
        IProgress<ulong>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(design);
        DaemonClient client = Client;
        using DesignFeed feed = new(design, progress);
        await feed.RunAsync(
            descriptor => client.WriteDesign(Number, descriptor, requiredShell, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts programming an image into the card's configuration memory and returns. Version 2, and its last
    /// predecessors.
    /// </summary>
    /// <param name="image">The image, from the descriptor's own position. It stays the caller's.</param>
    /// <param name="bootDevice">The boot device's number.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <returns>The job, for this session only.</returns>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public ulong StartCfgmemProgram(
        FileDescriptor image, byte bootDevice, uint partition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Client.StartCfgmem(Number, image, bootDevice, partition, cancellationToken);
    }

    /// <summary>Asks how far a job is that this session started.</summary>
    /// <inheritdoc cref="GetSensors"/>
    public CfgmemJobStatus GetCfgmemStatus(ulong job, CancellationToken cancellationToken = default)
    {
        Wire.CfgmemStatusResponse status = Client.GetCfgmemStatus(job, cancellationToken);
        return new CfgmemJobStatus(
            status.Job,
            status.State,
            status.Phase,
            status.BytesWritten,
            status.BytesTotal,
            TimeSpan.FromMilliseconds(status.ElapsedMilliseconds),
            status.Result);
    }

    /// <summary>Programs an image into the card's configuration memory and waits for its end.</summary>
    /// <param name="image">The image, from the descriptor's own position. It stays the caller's.</param>
    /// <param name="bootDevice">The boot device's number.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="progress">Told the daemon's answer each time it is asked; may be null.</param>
    /// <param name="pollInterval">How often it is asked; 100 ms when null.</param>
    /// <param name="cancellationToken">Stops waiting; the daemon carries on to the end.</param>
    /// <returns>The last answer.</returns>
    /// <inheritdoc cref="StartCfgmemProgram"/>
    public async Task<CfgmemJobStatus> CfgmemProgramAsync(
        FileDescriptor image,
        byte bootDevice,
        uint partition,
        IProgress<CfgmemJobStatus>? progress = null,
        TimeSpan? pollInterval = null,
        CancellationToken cancellationToken = default)
    {
        TimeSpan interval = pollInterval ?? TimeSpan.FromMilliseconds(100);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero, nameof(pollInterval));
        ulong job = await Task.Run(
            () => StartCfgmemProgram(image, bootDevice, partition, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        while (true)
        {
            CfgmemJobStatus status = await Task.Run(
                () => GetCfgmemStatus(job, cancellationToken), cancellationToken).ConfigureAwait(false);
            progress?.Report(status);
            if (status.State == CfgmemJobState.Done)
                return status;
            if (status.State == CfgmemJobState.Failed)
            {
                throw new VrtdException(
                    $"CFGMEM_PROGRAM_START(device {Number}, boot device {bootDevice}, partition {partition})",
                    status.Result,
                    detail: $"job {job} failed after {status.BytesWritten} of {status.BytesTotal} bytes with "
                        + VrtdException.Describe(status.Result),
                    remedy: VrtdRemedies.Journal);
            }

            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }
}
