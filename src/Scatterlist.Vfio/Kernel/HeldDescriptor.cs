namespace Scatterlist.Vfio;

/// <summary>
/// A descriptor that stays open until its holder lets go. Objects that nobody disposed are finalized in any order: a
/// lost device's descriptors would otherwise be closed before its mappings are undone through them.
/// </summary>
internal sealed class HeldDescriptor
{
    internal HeldDescriptor(FileDescriptor descriptor)
    {
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        Descriptor = descriptor;
    }

    internal FileDescriptor Descriptor { get; }

    /// <summary>Lets go of it and closes it, once.</summary>
    internal void Close()
    {
        Descriptor.DangerousRelease();
        Descriptor.Dispose();
    }
}
