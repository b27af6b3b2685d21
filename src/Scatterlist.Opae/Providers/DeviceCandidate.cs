using Scatterlist.Vfio;

namespace Scatterlist.Opae.Providers;

/// <summary>A device that may be an accelerator.</summary>
/// <param name="Name">What it is called: a PCI address, a socket's path.</param>
/// <param name="Open">Opens it.</param>
/// <param name="Known">What is known without opening it.</param>
internal sealed record DeviceCandidate(string Name, Func<IVfioDevice> Open, FpgaProperties Known);
