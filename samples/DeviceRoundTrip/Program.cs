using Scatterlist;
using Scatterlist.HostFd;
using Scatterlist.Vrtd;
using Scatterlist.Vrtd.Emulator;

string path = Path.GetTempFileName(); // a file of 1 MiB to send on its way
byte[] bytes = new byte[1 << 20];
Random.Shared.NextBytes(bytes);
File.WriteAllBytes(path, bytes);

using Session session = Session.OpenEmulated(); // Session.Connect() where there is a card
using DeviceBuffer buffer = session.GetDevice(0).OpenHbmVnocBuffer((ulong)bytes.Length);

using (FileDescriptor file = HostFile.Open(path))
using (BufferLease pages = buffer.HostData.Lease(0, (nuint)bytes.Length))
    HostIO.ReadFullyOrThrow(file, pages.Sequence, 0); // preadv2, straight into the buffer's pages

buffer.SyncToDevice(0, (ulong)bytes.Length); // host -> HBM
buffer.HostData.Zero(); // so that only what the card kept can come back
buffer.SyncFromDevice(0, (ulong)bytes.Length); // HBM -> host

bool same = buffer.HostData.AsSpan(0, bytes.Length).SequenceEqual(bytes);
Console.WriteLine($"{bytes.Length} bytes by way of {buffer.PhysicalAddress}: {(same ? "the same" : "different")}");
File.Delete(path);
return same ? 0 : 1;
