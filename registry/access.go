package registry

// AccessVersion tells two states apart whose tokens or grants differ, so that
// what is derived from them need not be derived again after every change.
type AccessVersion struct {
	// Seq is the last change of a token or grant since the state was restored;
	// the counts tell a restored state from an empty one.
	Seq            int64
	Tokens, Grants int
}

// AccessVersion returns the version of the state's tokens and grants.
func (st *State) AccessVersion() AccessVersion {
	return AccessVersion{Seq: st.access, Tokens: st.tokens.Len(), Grants: st.grants.Len()}
}
