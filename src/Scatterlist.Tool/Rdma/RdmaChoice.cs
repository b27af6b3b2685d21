namespace Scatterlist.Tool.Rdma;

/// <summary>What a user said of the device to use.</summary>
/// <param name="Device">Its name; null: the first one.</param>
/// <param name="Provider">Whose devices: libibverbs, softroce or auto; null: as the environment says.</param>
/// <param name="Port">The port, from 1.</param>
/// <param name="GidIndex">The GID's index; null: one that works.</param>
internal sealed record RdmaChoice(string? Device, string? Provider, byte Port, int? GidIndex);
