namespace Scatterlist.Opae.SoftAccelerator.Tests.Behaviour;

/// <summary>Has a device move bytes, each kind in its own way.</summary>
public abstract class Mover : IDisposable
{
    /// <summary>The most bytes of one move, whole lines of 64.</summary>
    public abstract int MaxLength { get; }

    /// <summary>Copies whole lines. A device that is kept from it changes nothing; that is no exception.</summary>
    public abstract void Move(IoAddress destination, IoAddress source, int length);

    /// <summary>
    /// Whether somebody saw the device stopped at a page: its own model, or the kernel's log of the IOMMU's faults. Null
    /// where nobody tells.
    /// </summary>
    public abstract bool? HasFaulted(IoAddress page);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
