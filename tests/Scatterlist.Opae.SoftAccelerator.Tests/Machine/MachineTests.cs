using System.Globalization;
using Scatterlist.Opae.Ports;
using Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Machine;

/// <summary>What only a real driver does: its device nodes, its interrupts, its huge pages, its faults.</summary>
[Collection(nameof(Alone))]
[Trait("Runs", "in the guest")]
public sealed class MachineTests : IDisposable
{
    private const int Page = 4096;
    private const ulong Raise = 0x60;
    private const ulong Acknowledge = 0x64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private MachineRig? _rig;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static bool IsIommuFd => File.Exists("/dev/iommu");

    public void Dispose() => _rig?.Dispose();

    [Fact]
    public void Devices_on_vfio_pci_are_found_and_opened()
    {
        MachineDevice device = Take(one => one.IsEdu && one.Strangers.Count == 0);
        IReadOnlyList<Token> tokens = VfioFpgaProvider.FromSystem().Enumerate(new FpgaProperties { VendorId = 0x1234 });
        FpgaProperties properties = Assert.Single(tokens, token => token.Name == device.Address).Properties;
        Assert.Equal((FpgaObjectType.Accelerator, FpgaInterface.Vfio), (properties.ObjectType, properties.Interface));
        Assert.Equal(AcceleratorState.Unassigned, properties.State);
        Assert.Equal((1u, 1u), (properties.MmioCount, properties.InterruptCount));
        Assert.Null(properties.Guid); // its registers are no feature header
        using Accelerator accelerator = Open();
        Assert.Equal(1ul << 20, accelerator.GetMmioLength(0));
        accelerator.Write32(0, 4, 0x12345678);
        Assert.Equal(~0x12345678u, accelerator.Read32(0, 4));
        using MmioWindow window = accelerator.MapMmio(0);
        Assert.Equal(~0x12345678u, window.Read32(4));
        var kernel = Assert.IsType<VfioKernelDevice>(((VfioPort)accelerator.Port).Device);
        Assert.Equal(IsIommuFd, kernel.IsIommuFd);
    }

    [Fact]
    public void A_group_with_a_stranger_in_it_is_refused_with_what_to_bind()
    {
        MachineDevice device = Take(one => one.Strangers.Count != 0);
        FpgaException refused = Assert.Throws<FpgaException>(Open);
        Assert.Equal((FpgaResult.NoDriver, Errno.EPERM), (refused.Result, refused.Errno));
        Assert.Contains(device.Strangers[0], refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{device.Strangers[0]}/driver_override", refused.Remedy, StringComparison.Ordinal);
        FpgaFinding group = Assert.Single(
            FpgaDoctor.Diagnose(device.Address), finding => finding.Status == FpgaFindingStatus.Broken);
        Assert.Contains("not viable", group.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_finds_this_machine_fit()
    {
        MachineDevice device = Take(one => one.Strangers.Count == 0);
        IReadOnlyList<FpgaFinding> findings = FpgaDoctor.Diagnose();
        foreach (string name in (string[])["IOMMU", "vfio-pci driver", $"{device.Address} node"])
            Assert.Equal(FpgaFindingStatus.Ok, Assert.Single(findings, finding => finding.Name == name).Status);
        using Accelerator accelerator = Open();
        FpgaFinding held = Assert.Single(
            FpgaDoctor.Diagnose(device.Address), finding => finding.Name.EndsWith("node", StringComparison.Ordinal));
        Assert.Contains(Me, held.Found, StringComparison.Ordinal);
        IReadOnlyList<FpgaFinding> own = accelerator.Diagnose();
        Assert.DoesNotContain(own, finding => finding.Status is FpgaFindingStatus.Broken or FpgaFindingStatus.Missing);
        Assert.Equal(IsIommuFd ? null : "65535 more allowed", own.FirstOrDefault(one => one.Name == "mappings")?.Found);
    }

    [Fact]
    public void Addresses_leave_the_interrupts_hole_out()
    {
        Take(one => one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        IReadOnlyList<IoAddressRange> ranges = ((VfioPort)accelerator.Port).Device.IoAddressRanges;
        Assert.True(ranges.Count >= 2);
        Assert.DoesNotContain(ranges, range => range.Contains(new IoAddress(0xfee00000), 1));
        Assert.Contains(ranges, range => range.Contains(new IoAddress(0xff000000), 1ul << 32));
    }

    [Fact]
    public async Task Messages_are_events()
    {
        Take(one => one.IsEdu && one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        using AcceleratorEvent raised = accelerator.RegisterEvent();
        for (int i = 0; i < 3; i++)
        {
            accelerator.Write32(0, Raise, 1);
            Assert.Equal(1ul, await raised.WaitAsync(Stop));
            accelerator.Write32(0, Acknowledge, 1);
        }

        Assert.Equal(0ul, raised.Take());
        Assert.Equal(
            FpgaResult.Busy, Assert.Throws<FpgaException>(() => accelerator.RegisterEvent()).Result);
    }

    [Fact]
    public async Task The_end_of_a_run_is_an_event()
    {
        Take(one => !one.IsEdu);
        using Accelerator accelerator = Open();
        Assert.Equal((AcceleratorIds.HostExerciserLoopback, 4u), (accelerator.Guid, accelerator.InterruptCount));
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = accelerator.PrepareBuffer(Page);
        using SharedBuffer destination = accelerator.PrepareBuffer(Page);
        new Random(1).NextBytes(source.AsSpan());
        using AcceleratorEvent other = accelerator.RegisterEvent();
        using AcceleratorEvent ended = accelerator.RegisterEvent(FpgaEventType.Interrupt, 2);
        for (int i = 0; i < 3; i++)
        {
            exerciser.Start(LoopbackMode.Loopback, source.IoAddress, destination.IoAddress, Page, interruptVector: 2);
            Assert.Equal(1ul, await ended.WaitAsync(Stop));
            Assert.True(exerciser.TryGetResult(out LoopbackResult result));
            Assert.True(result.IsSuccess);
        }

        Assert.Equal(0ul, other.Take());
        Assert.True(source.AsSpan().SequenceEqual(destination.AsSpan()));
    }

    [Fact]
    public void The_IOMMUs_faults_are_found_in_the_kernels_log()
    {
        MachineDevice device = Take(one => one.IsEdu && one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        using Mover mover = _rig!.CreateMover(accelerator);
        // Another one to read: QEMU reports no fault at a page that the device has read before.
        using SharedBuffer source = accelerator.PrepareBuffer(Page);
        using SharedBuffer buffer = accelerator.PrepareBuffer(Page, BufferFlags.ReadOnly);
        FpgaFinding? fault = null;
        Eventually.True(
            () =>
            {
                mover.Move(buffer.IoAddress, source.IoAddress, 64);
                fault = FpgaDoctor.Diagnose(device.Address).Single(one => one.Name == $"{device.Address} faults");
                return fault.Found.Contains($"0x{buffer.IoAddress.Value:x}", StringComparison.Ordinal);
            },
            () => $"{fault}");
        Assert.Equal(FpgaFindingStatus.Limited, fault!.Status);
        Assert.NotNull(fault.Remedy);
    }

    [Fact]
    public void A_line_is_an_event_that_is_armed_again_by_taking_it()
    {
        MachineDevice device = Take(one => one.IsEdu && one.Strangers.Count == 0);
        VfioFpgaProvider provider = VfioFpgaProvider.FromDevice(
            "edu", () => new IntxOnly(VfioKernelDevice.Open(device.Address)));
        using Accelerator accelerator = Assert.Single(provider.Enumerate()).Open();
        Assert.Equal(1u, accelerator.InterruptCount);
        using AcceleratorEvent raised = accelerator.RegisterEvent();
        for (int i = 0; i < 3; i++)
        {
            accelerator.Write32(0, Raise, 1);
            Assert.NotEqual(0ul, raised.Wait(Patience, Stop));
            accelerator.Write32(0, Acknowledge, 1);
            raised.Take(); // the line was still up when the first was taken
            Assert.Equal(0ul, raised.Take());
        }
    }

    [Fact]
    public void A_device_without_a_reset_says_so()
    {
        MachineDevice device = Take(one => one.Strangers.Count == 0 && !one.HasReset);
        using Accelerator accelerator = Open();
        Assert.False(accelerator.CanReset);
        Assert.Equal(FpgaResult.NotSupported, Assert.Throws<FpgaException>(accelerator.Reset).Result);
        Assert.Contains(FpgaDoctor.Diagnose(device.Address), finding =>
            finding.Name == $"{device.Address} reset" && finding.Status == FpgaFindingStatus.Limited);
    }

    [Fact]
    public void A_reset_leaves_buffers_and_the_device_works_on()
    {
        Take(one => one.Strangers.Count == 0 && one.HasReset);
        using Accelerator accelerator = Open();
        Assert.True(accelerator.CanReset);
        using SharedBuffer buffer = accelerator.PrepareBuffer(Page);
        buffer.AsSpan()[..64].Fill(0x31);
        accelerator.Reset();
        using Mover mover = _rig!.CreateMover(accelerator);
        mover.Move(buffer.IoAddress + 1024, buffer.IoAddress, 64);
        Assert.True(buffer.AsSpan().Slice(1024, 64).SequenceEqual(buffer.AsSpan()[..64]));
    }

    [Fact]
    public void Huge_pages_of_2_MiB_are_missed_and_then_used()
    {
        Take(one => one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        var pages = new HugePages(2048);
        pages.Reserve(0);
        FpgaException missing = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(2 << 20));
        Assert.Equal((FpgaResult.NoMemory, Errno.ENOMEM), (missing.Result, missing.Errno));
        Assert.Contains("nr_hugepages", missing.Remedy, StringComparison.Ordinal);
        accelerator.PrepareBuffer(2 << 20, options: SharedBufferOptions.SmallerPages).Dispose();
        pages.Reserve(3);
        try
        {
            UseHugePage(accelerator, 4097, 2 << 20);
            using HostBuffer memory = HostBuffer.Allocate(3 << 20, new HostBufferOptions { PageSize = PageSize.Huge2MiB });
            using (SharedBuffer shared = accelerator.PrepareBuffer(memory))
                Assert.Equal((nuint)4 << 20, shared.MappedLength);
            Assert.Equal(FpgaResult.NoMemory, Assert.Throws<FpgaException>(() =>
            {
                using SharedBuffer third = accelerator.PrepareBuffer(2 << 20);
                accelerator.PrepareBuffer(2 << 20);
            }).Result);
        }
        finally
        {
            Eventually.True(() => pages.Free == 3, "huge pages are still held");
            pages.Reserve(0);
        }
    }

    [Fact]
    public void A_huge_page_of_1_GiB_is_used_and_the_second_is_missed()
    {
        var pages = new HugePages(1 << 20);
        if (pages.Free <= 0)
            Assert.Skip($"huge pages: {pages.WhyNone} (SCATTERLIST_GUEST_APPEND='hugepagesz=1G hugepages=1')");
        Take(one => one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        UseHugePage(accelerator, (2 << 20) + 1, 1 << 30);
        using SharedBuffer only = accelerator.PrepareBuffer(64 << 20);
        LacksHugePageOf1GiB(accelerator);
    }

    [Fact]
    public void Without_a_huge_page_of_1_GiB_smaller_ones_are_used_where_they_may()
    {
        var pages = new HugePages(1 << 20);
        if (pages.Free > 0)
            Assert.Skip("huge pages: there are some of 1 GiB, which the other test uses up");
        Take(one => one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        LacksHugePageOf1GiB(accelerator);
    }

    // Smaller ones serve: of 2 MiB, and where those are not to be had either of 4 KiB.
    private void LacksHugePageOf1GiB(Accelerator accelerator)
    {
        const int Length = 5 << 20;
        FpgaException missing = Assert.Throws<FpgaException>(() => accelerator.PrepareBuffer(Length));
        Assert.Equal(FpgaResult.NoMemory, missing.Result);
        Assert.Contains("1048576kB", missing.Remedy, StringComparison.Ordinal);
        Assert.Contains(nameof(SharedBufferOptions.SmallerPages), missing.Remedy, StringComparison.Ordinal);
        using SharedBuffer source = accelerator.PrepareBuffer(Page);
        source.AsSpan().Fill(0x37);
        using Mover mover = _rig!.CreateMover(accelerator);
        var middle = new HugePages(2048);
        try
        {
            foreach (int count in (int[])[0, 3])
            {
                middle.Reserve(count);
                using SharedBuffer smaller = accelerator.PrepareBuffer(Length, options: SharedBufferOptions.SmallerPages);
                Assert.Equal((nuint)(count == 0 ? Length : 6 << 20), smaller.MappedLength);
                mover.Move(smaller.IoAddress + (Length - 64), source.IoAddress, 64);
                Assert.Equal(-1, smaller.AsSpan().Slice(Length - 64, 64).IndexOfAnyExcept((byte)0x37));
                Assert.Equal(0, smaller.AsSpan()[Length - 65]);
            }
        }
        finally
        {
            middle.Reserve(0);
        }
    }

    [Fact]
    public void Twenty_thousand_buffers_live_at_once_made_and_released_by_eight_threads()
    {
        Take(one => one.Strangers.Count == 0);
        using Accelerator accelerator = Open();
        var all = new SharedBuffer[20_000];
        var eight = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop };
        Parallel.For(0, all.Length, eight, i =>
        {
            all[i] = accelerator.PrepareBuffer(Page);
            BitConverter.TryWriteBytes(all[i].AsSpan(), i);
        });
        Assert.Equal(all.Length, accelerator.BufferCount);
        Assert.Equal(all.Length, all.Select(buffer => buffer.IoAddress).Distinct().Count());
        Assert.DoesNotContain(all, buffer => buffer.IoAddress.Value is 0 or (>= 0xfee00000 and < 0xfef00000));
        using Mover mover = _rig!.CreateMover(accelerator);
        mover.Move(all[0].IoAddress + 64, all[^1].IoAddress, 64);
        Assert.Equal(all.Length - 1, BitConverter.ToInt32(all[0].AsSpan()[64..]));
        mover.Dispose();
        Parallel.For(0, all.Length, eight, i =>
        {
            Assert.Equal(i, BitConverter.ToInt32(all[i].AsSpan()));
            all[i].Dispose();
        });
        accelerator.Dispose();
        Assert.True(_rig.IsFree());
    }

    private static string Me => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private MachineDevice Take(Func<MachineDevice, bool> which)
    {
        MachineDevice device = MachineDevice.Take(which, "such");
        _rig = new MachineRig(device);
        return device;
    }

    private Accelerator Open() => _rig!.Open();

    private void UseHugePage(Accelerator accelerator, nuint length, int page)
    {
        using SharedBuffer buffer = accelerator.PrepareBuffer(length);
        Assert.Equal((nuint)page, buffer.MappedLength);
        // With iommufd the kernel chooses the address, and aligns it to 2 MiB at most.
        Assert.Equal(0ul, buffer.IoAddress.Value % (ulong)(File.Exists("/dev/iommu") ? Math.Min(page, 2 << 20) : page));
        using SharedBuffer small = accelerator.PrepareBuffer(Page);
        small.AsSpan().Fill(0x42);
        using Mover mover = _rig!.CreateMover(accelerator);
        mover.Move(buffer.IoAddress + ((length & ~63u) - 64), small.IoAddress, 64);
        Assert.Equal(-1, buffer.AsSpan().Slice((int)(length & ~63u) - 64, 64).IndexOfAnyExcept((byte)0x42));
    }
}
