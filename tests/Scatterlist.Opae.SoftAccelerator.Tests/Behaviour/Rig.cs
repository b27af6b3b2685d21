namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>An accelerator and a way to it.</summary>
public abstract class Rig : IDisposable
{
    /// <summary>The client's side.</summary>
    public abstract FpgaProvider Provider { get; }

    public abstract Accelerator Open();

    /// <summary>What has an open accelerator move bytes.</summary>
    public abstract Mover CreateMover(Accelerator accelerator);

    /// <summary>Whether the device has nothing of any client: no memory, and nobody who has it open.</summary>
    public abstract bool IsFree();

    public abstract void Dispose();
}
