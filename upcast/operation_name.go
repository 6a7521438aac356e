package upcast

// Name is add.
func (*Add) Name() string { return "add" }

// Name is drop.
func (*Drop) Name() string { return "drop" }

// Name is rename.
func (*Rename) Name() string { return "rename" }

// Name is move.
func (*Move) Name() string { return "move" }

// Name is copy.
func (*Copy) Name() string { return "copy" }

// Name is set.
func (*Set) Name() string { return "set" }

// Name is convert.
func (*Convert) Name() string { return "convert" }

// Name is retype.
func (*Retype) Name() string { return "retype" }

// Name is mapEnum.
func (*MapEnum) Name() string { return "mapEnum" }

// Name is mapBranch.
func (*MapBranch) Name() string { return "mapBranch" }

// Name is split.
func (*Split) Name() string { return "split" }

// Name is merge.
func (*Merge) Name() string { return "merge" }

// Name is nest.
func (*Nest) Name() string { return "nest" }

// Name is flatten.
func (*Flatten) Name() string { return "flatten" }

// Name is wrap.
func (*Wrap) Name() string { return "wrap" }

// Name is head.
func (*Head) Name() string { return "head" }

// Name is filter.
func (*Filter) Name() string { return "filter" }

// Name is toMap.
func (*ToMap) Name() string { return "toMap" }

// Name is toList.
func (*ToList) Name() string { return "toList" }

// Name is each.
func (*Each) Name() string { return "each" }

// Name is inType.
func (*InType) Name() string { return "inType" }

// Name is require.
func (*Require) Name() string { return "require" }

// Name is relax.
func (*Relax) Name() string { return "relax" }

// Name is narrow.
func (*Narrow) Name() string { return "narrow" }

// Name is default.
func (*Default) Name() string { return "default" }

// Name is rest.
func (*Rest) Name() string { return "rest" }

// Name is fromContext.
func (*FromContext) Name() string { return "fromContext" }

// Name is renameType.
func (*RenameType) Name() string { return "renameType" }

// Name is dropEvent.
func (*DropEvent) Name() string { return "dropEvent" }

// Name is splitEvent.
func (*SplitEvent) Name() string { return "splitEvent" }

// Name is reversion.
func (*Reversion) Name() string { return "reversion" }

// Name is meta.
func (*Meta) Name() string { return "meta" }

// Name is rekey.
func (*Rekey) Name() string { return "rekey" }

// Name is erase.
func (*Erase) Name() string { return "erase" }

// Name is transcode.
func (*Transcode) Name() string { return "transcode" }
