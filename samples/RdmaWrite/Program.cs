// RDMA between two processes: this one writes into the other's memory, which only watches. No card is needed: each
// process opens a soft NIC. Endpoints and the region's name are lines of text, here on a pipe.
using System.Diagnostics;
using Scatterlist;
using Scatterlist.Verbs;
using Scatterlist.Verbs.SoftRoce;

const int Length = 1 << 20;
bool isTarget = args is [.., "target"];

using Context nic = SoftNic.Open();
using ProtectionDomain domain = nic.AllocateDomain();
using CompletionQueue completions = nic.CreateCompletionQueue(16);
using HostBuffer buffer = HostBuffer.Allocate(Length, new HostBufferOptions { IsShareable = true });
using MemoryRegion region = domain.Register(buffer, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
using PreparedQueuePair prepared = QueuePair.Builder(domain).WithCompletionQueue(completions).Build();

if (isTarget)
{
    Console.WriteLine(prepared.Endpoint);
    Console.WriteLine(region.Remote.ToText()); // whoever has this text may write there
    using QueuePair target = prepared.Handshake(QueuePairEndpoint.Parse(Console.ReadLine()!));
    ValueTask<WorkCompletion> told = target.ReceiveAsync(ReceiveWorkRequest.OnlyImmediate());
    Console.WriteLine("ready");
    WorkCompletion arrived = await told; // the immediate data say that all bytes before them are there
    bool whole = arrived is { IsSuccess: true, Immediate: 2026 } && buffer.AsSpan().IndexOfAnyExcept((byte)42) < 0;
    Console.WriteLine(whole ? "got it" : $"something is wrong: {arrived}");
    return whole ? 0 : 1;
}

using Process other = StartTarget();
QueuePairEndpoint endpoint = QueuePairEndpoint.Parse(other.StandardOutput.ReadLine()!);
RemoteMemoryRegion remote = RemoteMemoryRegion.Parse(other.StandardOutput.ReadLine()!);
using QueuePair queuePair = prepared.Handshake(endpoint);
other.StandardInput.WriteLine(prepared.Endpoint);
other.StandardOutput.ReadLine(); // ready

buffer.AsSpan().Fill(42);
WorkCompletion written = await queuePair.WriteAsync(new WriteWorkRequest(region.Gather(), remote) { Immediate = 2026 });
string? answer = other.StandardOutput.ReadLine();
Console.WriteLine($"wrote {Length} bytes into process {other.Id}: {written.Status}; it says: {answer}");
return written.IsSuccess && answer == "got it" ? 0 : 1;

static Process StartTarget() => Process.Start(
    new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "target"])
    {
        RedirectStandardInput = true, RedirectStandardOutput = true,
    })!;
