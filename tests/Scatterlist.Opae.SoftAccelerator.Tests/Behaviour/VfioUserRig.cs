using Scatterlist.Vfio;

namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>The same device, served over a socket: the client and the server do not share memory but by descriptors.</summary>
internal sealed class VfioUserRig : EmulatedRig
{
    private readonly TempDirectory _folder = new();
    private readonly VfioUserServer _server;

    internal VfioUserRig(EmulatedAcceleratorOptions? options)
        : base(new EmulatedAccelerator(options))
    {
        _server = Emulated.Serve(_folder["socket"]);
        Provider = VfioFpgaProvider.FromSocket(_server.Path);
    }

    public override FpgaProvider Provider { get; }

    public override Accelerator Open() => Assert.Single(((VfioFpgaProvider)Provider).GetTokens(inspect: false)).Open();

    public override void Dispose()
    {
        _server.Dispose();
        base.Dispose();
        _folder.Dispose();
    }
}
