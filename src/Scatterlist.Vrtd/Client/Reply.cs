namespace Scatterlist.Vrtd.Client;

/// <summary>A reply that kept to the protocol. The caller owns the descriptor, which only a success has.</summary>
internal readonly record struct Reply(VrtdReturnCode Code, int Length, FileDescriptor? Descriptor);
