namespace Scatterlist.Vfio;

/// <summary>What can be done to vectors beside giving them descriptors.</summary>
internal enum InterruptChange
{
    Disable,
    Trigger,
    Mask,
    Unmask,
}
