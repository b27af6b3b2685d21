namespace Scatterlist.Verbs.Contract.Tests.Peers;

/// <summary>What the other side can be asked to do.</summary>
internal enum PeerVerb : byte
{
    Open = 1,
    Reset,
    Dispose,
    CreateDomain,
    Register,
    Fill,
    FindDifference,
    ReadMemory,
    WriteMemory,
    AllocateDeviceMemory,
    RegisterDeviceMemory,
    WriteDeviceMemory,
    ReadDeviceMemory,
    CreateSharedReceiveQueue,
    PostShared,
    ArmShared,
    CreateQueuePair,
    Connect,
    PostSend,
    PostReceive,
    Poll,
    ModifyState,
    QueryState,
    TakeEvent,
    StartSink,
    StartWatch,
    StartSends,
    Finish,
}
