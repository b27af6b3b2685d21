using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests;

/// <summary>A served device whose server goes away, and one that is gone for good.</summary>
public sealed class LostServerTests : IDisposable
{
    private readonly TempDirectory _folder = new();
    private readonly EmulatedAccelerator _emulated = new();

    public void Dispose()
    {
        _emulated.Dispose();
        _folder.Dispose();
    }

    private (VfioUserServer Server, Accelerator Accelerator) Connect()
    {
        VfioUserServer server = _emulated.Serve(_folder["socket"]);
        return (server, Assert.Single(VfioFpgaProvider.FromSocket(server.Path).Enumerate()).Open());
    }

    private static SharedBuffer Prepare(Accelerator accelerator) =>
        accelerator.PrepareBuffer(4096, options: SharedBufferOptions.BasePages);

    [Fact]
    public void Calls_say_that_the_device_is_gone_and_closing_is_clean()
    {
        (VfioUserServer server, Accelerator accelerator) = Connect();
        SharedBuffer buffer = Prepare(accelerator);
        HostBuffer memory = buffer.HostMemory!;
        AcceleratorEvent registered = accelerator.RegisterEvent();
        server.Dispose();

        FpgaException read = Assert.Throws<FpgaException>(() => accelerator.Read64(0, 0));
        Assert.Equal(FpgaResult.Exception, read.Result);
        Assert.Contains("the device is gone", read.Message, StringComparison.Ordinal);
        Assert.Equal(FpgaResult.Exception, Assert.Throws<FpgaException>(() => accelerator.Write32(0, 0x100, 1)).Result);
        Assert.Equal(FpgaResult.Exception, Assert.Throws<FpgaException>(() => Prepare(accelerator)).Result);
        Assert.Equal(FpgaResult.Exception, Assert.Throws<FpgaException>(accelerator.Reset).Result);
        Assert.Contains(accelerator.Diagnose(), finding => finding.Status == FpgaFindingStatus.Broken);
        buffer.AsSpan().Fill(1); // the memory is still ours
        registered.Dispose();
        buffer.Dispose();
        accelerator.Dispose();
        Assert.True(memory.Handle.IsClosed);
    }

    [Fact]
    public void A_server_that_came_back_is_reached_by_a_new_open()
    {
        (VfioUserServer server, Accelerator accelerator) = Connect();
        accelerator.Write64(0, 0x100, 5);
        server.Dispose();
        accelerator.Dispose();
        (server, accelerator) = Connect();
        Assert.Equal(5ul, accelerator.Read64(0, 0x100)); // the device kept its state
        using var exerciser = LoopbackExerciser.Create(accelerator);
        using SharedBuffer source = Prepare(accelerator);
        using SharedBuffer destination = Prepare(accelerator);
        Assert.True(exerciser.Copy(
            destination, source, 4096, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken).IsSuccess);
        accelerator.Dispose();
        server.Dispose();
    }

    [Fact]
    public void A_server_that_was_never_there_is_not_found()
    {
        FpgaException failure = Assert.Throws<FpgaException>(
            () => VfioFpgaProvider.FromSocket(_folder["nobody"]).Enumerate());
        Assert.Equal((FpgaResult.NotFound, Errno.ENOENT), (failure.Result, failure.Errno));
        Assert.NotNull(failure.Remedy);
    }

    [Fact]
    public void Disposing_the_emulated_accelerator_leaves_its_client_a_device_that_does_nothing()
    {
        var emulated = new EmulatedAccelerator();
        Accelerator accelerator = emulated.Open();
        using SharedBuffer buffer = Prepare(accelerator);
        emulated.Dispose();
        emulated.Dispose();
        Assert.NotEqual(0ul, accelerator.Read64(0, 8));
        accelerator.Write32(0, 0x138, 1);
        accelerator.Write32(0, 0x138, 3);
        accelerator.Reset();
        accelerator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => emulated.Open());
    }
}
