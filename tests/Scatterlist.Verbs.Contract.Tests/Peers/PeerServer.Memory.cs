using Scatterlist.Verbs.Contract.Tests.Rigs;

namespace Scatterlist.Verbs.Contract.Tests.Peers;

internal sealed partial class PeerServer
{
    private void DoMemory(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        switch (verb)
        {
            case PeerVerb.Register:
                var memory = RegisteredMemory.Make(
                    TakeDomain(request), (nuint)request.ReadUInt64(), (AccessFlags)request.ReadInt32());
                reply.Write(Keep(memory));
                reply.Write(memory.Region.Remote.ToText());
                break;
            case PeerVerb.Fill:
                RegisteredMemory filled = Take<RegisteredMemory>(request);
                ulong seed = request.ReadUInt64();
                Pattern.Fill(seed, TakeSpan(filled, request));
                break;
            case PeerVerb.FindDifference:
                RegisteredMemory compared = Take<RegisteredMemory>(request);
                ulong expected = request.ReadUInt64();
                reply.Write(Pattern.FindDifference(expected, TakeSpan(compared, request)));
                break;
            case PeerVerb.ReadMemory:
                reply.Write(TakeSpan(Take<RegisteredMemory>(request), request));
                break;
            case PeerVerb.WriteMemory:
                RegisteredMemory written = Take<RegisteredMemory>(request);
                Span<byte> place = TakeSpan(written, request);
                request.ReadBytes(place.Length).CopyTo(place);
                break;
            default:
                DoDeviceMemory(verb, request, reply);
                break;
        }
    }

    private void DoDeviceMemory(PeerVerb verb, BinaryReader request, BinaryWriter reply)
    {
        switch (verb)
        {
            case PeerVerb.AllocateDeviceMemory:
                reply.Write(Keep(Context.AllocateDeviceMemory((nuint)request.ReadUInt64())));
                break;
            case PeerVerb.RegisterDeviceMemory:
                MemoryRegion region = Domain.Register(
                    Take<DeviceMemory>(request), (nuint)request.ReadUInt64(), (nuint)request.ReadUInt64(),
                    (AccessFlags)request.ReadInt32());
                reply.Write(Keep(region));
                reply.Write(region.Remote.ToText());
                break;
            case PeerVerb.WriteDeviceMemory:
                DeviceMemory target = Take<DeviceMemory>(request);
                nuint to = (nuint)request.ReadUInt64();
                reply.Write((int)target.CopyTo(to, request.ReadBytes(request.ReadInt32())));
                break;
            case PeerVerb.ReadDeviceMemory:
                DeviceMemory source = Take<DeviceMemory>(request);
                nuint from = (nuint)request.ReadUInt64();
                byte[] bytes = new byte[request.ReadInt32()];
                reply.Write((int)source.CopyFrom(from, bytes));
                reply.Write(bytes);
                break;
            default:
                throw new InvalidDataException($"There is no request {verb}.");
        }
    }

    private static Span<byte> TakeSpan(RegisteredMemory memory, BinaryReader request)
    {
        nuint offset = (nuint)request.ReadUInt64();
        return memory.Buffer.AsSpan(offset, request.ReadInt32());
    }
}
