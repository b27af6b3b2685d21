using System.Runtime.Intrinsics.X86;
using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests;

/// <summary>Devices that are not like the emulated accelerators: mapped registers, INTx, no reset, no feature header.</summary>
public sealed class OtherDeviceTests
{
    private static Accelerator Open(VfioDeviceModel model, VfioFpgaProviderOptions? options = null) =>
        Assert.Single(VfioFpgaProvider.FromDevice("device", () => InProcessDevice.Open(model), options).Enumerate()).Open();

    [Fact]
    public void Registers_that_can_be_mapped_are()
    {
        using var model = new MappedModel();
        using Accelerator accelerator = Open(model);
        Assert.Null(accelerator.Guid); // there is no feature header
        Assert.Empty(accelerator.Features);
        accelerator.Write64(0, 0x100, 0x1122334455667788);
        Assert.Equal(0x1122334455667788ul, BitConverter.ToUInt64(model.Registers.AsSpan()[0x100..]));
        model.Registers.AsSpan()[0x204] = 7;
        Assert.Equal(7u, accelerator.Read32(0, 0x204));
        accelerator.Write32(0, 0x208, 9);
        Assert.Equal(9ul, accelerator.Read64(0, 0x208));
        MmioWindow window = accelerator.MapMmio(0);
        Assert.Equal((nuint)MappedModel.Length, window.Length);
        window.Write64(0x300, 11);
        Assert.Equal(11ul, accelerator.Read64(0, 0x300));
        Assert.Throws<ArgumentOutOfRangeException>(() => accelerator.Read64(0, MappedModel.Length));
        accelerator.Dispose();
        Assert.Equal(11ul, window.Read64(0x300)); // a window holds the device
        window.Dispose();
        Assert.False(model.IsAttached);
    }

    [Fact]
    public void A_wide_write_to_mapped_registers_is_one_store_or_refused()
    {
        using var model = new MappedModel();
        using Accelerator accelerator = Open(model);
        byte[] value = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        if (Avx512F.IsSupported)
        {
            accelerator.Write512(0, 0x100, value);
            Assert.True(model.Registers.AsSpan().Slice(0x100, 64).SequenceEqual(value));
        }
        else
        {
            FpgaException refused = Assert.Throws<FpgaException>(() => accelerator.Write512(0, 0x100, value));
            Assert.Equal(FpgaResult.NotSupported, refused.Result);
        }
    }

    [Fact]
    public void The_intx_line_fires_again_after_each_time_it_was_taken()
    {
        using var model = new MappedModel();
        using Accelerator accelerator = Open(model);
        Assert.Equal(1u, accelerator.InterruptCount);
        using AcceleratorEvent line = accelerator.RegisterEvent();
        for (int i = 0; i < 3; i++)
        {
            Assert.True(model.RaiseInterrupt(InterruptKind.Intx, 0));
            Assert.True(model.RaiseInterrupt(InterruptKind.Intx, 0)); // it has masked itself: this one waits
            Assert.Equal(1ul, line.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            Assert.Equal(1ul, line.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            Assert.Equal(0ul, line.Take());
        }
    }

    [Fact]
    public void A_device_without_reset_and_interrupts_says_so()
    {
        using var model = new BareModel();
        using Accelerator accelerator = Open(model);
        Assert.False(accelerator.CanReset);
        FpgaException reset = Assert.Throws<FpgaException>(accelerator.Reset);
        Assert.Equal(FpgaResult.NotSupported, reset.Result);
        Assert.NotNull(reset.Remedy);
        Assert.Equal(
            FpgaResult.NotSupported, Assert.Throws<FpgaException>(() => accelerator.RegisterEvent()).Result);
        Assert.Equal(
            2, accelerator.Diagnose().Count(finding => finding is { Status: FpgaFindingStatus.Limited }));
        Assert.Throws<FpgaException>(() => LoopbackExerciser.Create(accelerator));
    }

    [Theory]
    [InlineData(Errno.ENODEV, FpgaResult.Exception)]
    [InlineData(Errno.EIO, FpgaResult.Exception)]
    [InlineData(Errno.EACCES, FpgaResult.NoAccess)]
    [InlineData(Errno.EBUSY, FpgaResult.Busy)]
    [InlineData(Errno.EOPNOTSUPP, FpgaResult.NotSupported)]
    public void What_a_register_answers_gets_opaes_code(Errno errno, FpgaResult expected)
    {
        using var model = new BareModel();
        using Accelerator accelerator = Open(model);
        model.Answer = errno;
        FpgaException read = Assert.Throws<FpgaException>(() => accelerator.Read64(0, 8));
        Assert.Equal((expected, errno), (read.Result, read.Errno));
        Assert.Equal(expected, Assert.Throws<FpgaException>(() => accelerator.Write32(0, 8, 1)).Result);
    }

    [Fact]
    public void Addresses_stay_below_what_a_narrow_device_can_put_on_the_bus()
    {
        using var model = new BareModel();
        var highest = new IoAddress(0xffff);
        using Accelerator accelerator = Open(model, new VfioFpgaProviderOptions { HighestIoAddress = highest });
        var buffers = new List<SharedBuffer>();
        FpgaException full = Assert.Throws<FpgaException>(() =>
        {
            for (int i = 0; i < 100; i++)
                buffers.Add(accelerator.PrepareBuffer(4096));
        });
        Assert.Equal((FpgaResult.NoMemory, Errno.ENOSPC), (full.Result, full.Errno));
        Assert.Equal(15, buffers.Count); // 16 pages up to the mask, less the one at 0
        Assert.All(buffers, buffer => Assert.True(buffer.IoAddress + (buffer.MappedLength - 1) <= highest));
        buffers[3].Dispose();
        accelerator.PrepareBuffer(4096).Dispose();
    }

    [Theory]
    [InlineData(Errno.EBUSY, FpgaResult.Busy)]
    [InlineData(Errno.EACCES, FpgaResult.NoAccess)]
    [InlineData(Errno.EPERM, FpgaResult.NoAccess)]
    [InlineData(Errno.ENODEV, FpgaResult.NoDriver)]
    [InlineData(Errno.ENOENT, FpgaResult.NotFound)]
    [InlineData(Errno.ENOMEM, FpgaResult.NoMemory)]
    [InlineData(Errno.EOPNOTSUPP, FpgaResult.NotSupported)]
    [InlineData(Errno.EPROTO, FpgaResult.Exception)]
    public void What_an_open_answers_gets_opaes_code(Errno errno, FpgaResult expected)
    {
        bool refuses = false;
        using var model = new BareModel();
        var provider = VfioFpgaProvider.FromDevice("device", () => refuses
            ? throw new VfioException("open it", errno, "for the test", "Do something.")
            : InProcessDevice.Open(model));
        Token token = Assert.Single(provider.Enumerate());
        refuses = true;
        FpgaException failure = Assert.Throws<FpgaException>(() => token.Open());
        Assert.Equal((expected, errno, "Do something."), (failure.Result, failure.Errno, failure.Remedy));
        Assert.Equal(1, failure.Message.Split("Do something.").Length - 1); // once
    }
}
