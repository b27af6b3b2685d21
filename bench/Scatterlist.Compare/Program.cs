using Scatterlist.Compare;
using Scatterlist.Compare.Areas.Verbs;

if (args is [NicPeerProgram.Argument, ..])
    return NicPeerProgram.Run(args, Console.In, Console.Out);
return CompareProgram.Run(args, Console.Out, Console.Error);
