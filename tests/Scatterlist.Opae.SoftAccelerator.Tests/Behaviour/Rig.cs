namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>An emulated accelerator and a way to it.</summary>
public abstract class Rig : IDisposable
{
    protected Rig(EmulatedAccelerator emulated)
    {
        Emulated = emulated;
    }

    /// <summary>The device's side.</summary>
    public EmulatedAccelerator Emulated { get; }

    /// <summary>The client's side.</summary>
    public abstract FpgaProvider Provider { get; }

    public abstract Accelerator Open();

    public virtual void Dispose()
    {
        Emulated.Dispose();
        GC.SuppressFinalize(this);
    }
}
