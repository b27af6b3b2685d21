using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Scatterlist.Vrtd;

namespace Scatterlist.Tool.Commands.Vrtd;

/// <summary>Tests one region of a card's memory through a buffer of its own.</summary>
internal sealed class RegionTest(
    Device device, BufferAllocType memory, uint region, ulong bytes, ConcurrentBag<DeviceBuffer> held)
{
    private const int HbmRegionCount = 64;

    // The daemon chooses the place in DDR, the first that is free: only buffers that are held give different places. A
    // few, since what we hold the others lack.
    private const int DdrBufferCount = 8;

    private string Memory => memory == BufferAllocType.Ddr ? "DDR" : "HBM";

    /// <summary>A test of each HBM region and of a few places in DDR.</summary>
    /// <param name="device">The card.</param>
    /// <param name="bytes">Bytes to test at each place.</param>
    /// <param name="held">Takes the buffers that must stay open until all tests are done.</param>
    internal static RegionTest[] AllOf(Device device, ulong bytes, ConcurrentBag<DeviceBuffer> held) =>
    [
        .. Enumerable.Range(0, HbmRegionCount)
            .Select(n => new RegionTest(device, BufferAllocType.Hbm, (uint)n, bytes, held)),
        .. Enumerable.Range(0, DdrBufferCount)
            .Select(n => new RegionTest(device, BufferAllocType.Ddr, (uint)n, bytes, held)),
    ];

    internal RegionResult Run(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        string name = $"{Memory} {(memory == BufferAllocType.Hbm ? "region" : "buffer")} {region}";
        try
        {
            if (memory == BufferAllocType.Ddr)
            {
                DeviceBuffer kept = device.OpenBuffer(memory, bytes, cancellationToken: stop);
                held.Add(kept);
                return Run(kept, $"{name} at {kept.PhysicalAddress}");
            }

            using DeviceBuffer buffer = device.OpenBuffer(memory, bytes, region, cancellationToken: stop);
            return Run(buffer, $"{name} at {buffer.PhysicalAddress}");
        }
        catch (VrtdException exception) when (exception.ReturnCode
            is VrtdReturnCode.Busy or VrtdReturnCode.InternalError) // the latter where no queue pair is left
        {
            return new RegionResult(Memory, name, RegionOutcome.Skipped, exception.Message, 0, 0);
        }
    }

    private RegionResult Run(DeviceBuffer buffer, string name)
    {
        using HostBuffer written = HostBuffer.Allocate((nuint)bytes);
        using HostBuffer read = HostBuffer.Allocate((nuint)bytes, new HostBufferOptions { IsPopulated = true });
        FillWithPattern(written.AsSpan(), buffer.PhysicalAddress.Value);

        long start = Stopwatch.GetTimestamp();
        buffer.Write(0, written.AsSpan());
        TimeSpan writing = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        buffer.Read(0, read.AsSpan());
        TimeSpan reading = Stopwatch.GetElapsedTime(start);

        int same = read.AsSpan().CommonPrefixLength(written.AsSpan());
        return same == read.AsSpan().Length
            ? new RegionResult(Memory, name, RegionOutcome.Sound, "", Speed(writing), Speed(reading))
            : new RegionResult(Memory, name, RegionOutcome.Different, $"first at byte {same}", 0, 0);
    }

    private double Speed(TimeSpan elapsed) => bytes / Math.Max(elapsed.TotalSeconds, 1e-9);

    // Every word tells its own address, scrambled, so that a stuck or crossed address line shows within the region.
    private static void FillWithPattern(Span<byte> bytes, ulong address)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int i = 0; i < words.Length; i++)
            words[i] = (address + (ulong)i * 8) * 0x9E37_79B9_7F4A_7C15;
        bytes[(words.Length * 8)..].Fill(0xA5);
    }
}
