using System.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Opae;

namespace Scatterlist.Tool.Demo;

/// <summary>
/// Through an accelerator, a slice at a time: read into a shared buffer that the accelerator may only read, have it
/// copied to another, write that. Only what the accelerator wrote can come back.
/// </summary>
internal sealed class OpaeLeg(Accelerator accelerator) : DemoLeg
{
    private const ulong SliceSize = 16 << 20;
    private const ulong Line = LoopbackExerciser.LineSize;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal override string Name => "host -> accelerator -> host";

    internal override IReadOnlyList<DemoStep> Run(
        FileDescriptor source, FileDescriptor destination, ulong length, IProgress<ulong> progress,
        CancellationToken stop)
    {
        TimeSpan read = default, looped = default, written = default;
        using var exerciser = LoopbackExerciser.Create(accelerator);
        var size = (nuint)((Math.Min(length, SliceSize) + Line - 1) / Line * Line);
        using SharedBuffer outward = accelerator.PrepareBuffer(
            size, BufferFlags.ReadOnly, SharedBufferOptions.SmallerPages);
        using SharedBuffer homeward = accelerator.PrepareBuffer(size, options: SharedBufferOptions.SmallerPages);
        for (ulong offset = 0; offset < length; offset += SliceSize)
        {
            stop.ThrowIfCancellationRequested();
            ulong count = Math.Min(SliceSize, length - offset);

            long start = Stopwatch.GetTimestamp();
            HostIO.ReadFullyOrThrow(
                source, new BlockSequence(outward.Block.TakeFirst((nuint)count)), (long)offset);
            read += Lap(ref start);
            LoopbackResult result = exerciser.Copy(homeward, outward, (count + Line - 1) / Line * Line, Patience, stop);
            looped += Lap(ref start);
            if (!result.IsSuccess)
            {
                throw new FpgaException("loop-back", FpgaResult.Exception,
                    detail: $"the accelerator reports the errors 0x{result.Errors:x}");
            }

            HostIO.WriteFullyOrThrow(
                destination, new BlockSequence(homeward.Block.TakeFirst((nuint)count)), (long)offset);
            written += Lap(ref start);
            progress.Report(offset + count);
            homeward.Block.Zero();
        }

        return
        [
            new DemoStep("Preadv2 file -> shared buffer", length, read),
            new DemoStep("loop-back by the accelerator", length, looped),
            new DemoStep("Pwritev2 shared buffer -> file", length, written),
        ];
    }

    private static TimeSpan Lap(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start, now);
        start = now;
        return elapsed;
    }
}
