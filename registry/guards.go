package registry

// guards returns the edits of the guard tables that go with a change, as the
// state stands before it. entry is the index of the change in its transaction.
func (st *State) guards(c Change, entry int) []Guard {
	switch c := c.(type) {
	case VersionRegistered:
		content, err := c.decodeContent()
		if err != nil {
			return nil // Apply refuses it next
		}
		var out []Guard
		for _, n := range c.Replaces {
			out = append(out, Guard{Op: DropVersion, Context: c.Context, Subject: c.Subject, Version: int64(n)})
		}
		return append(out,
			Guard{Op: BindID, Context: c.Context, ID: c.ID, Hash: content.Identity},
			Guard{Op: AddVersion, Context: c.Context, Subject: c.Subject, Version: int64(c.Version), ID: c.ID, Entry: entry})
	case VersionPurged:
		return []Guard{{Op: DropVersion, Context: c.Context, Subject: c.Subject, Version: int64(c.Version)}}
	case SubjectPurged:
		var out []Guard
		for _, n := range c.Versions {
			out = append(out, Guard{Op: DropVersion, Context: c.Context, Subject: c.Subject, Version: int64(n)})
		}
		for _, id := range c.Released {
			out = append(out, Guard{Op: ReleaseID, Context: c.Context, ID: id})
		}
		return out
	}
	return nil
}

// draftText is the text of the draft that a change replaces.
func (st *State) draftText(n Name, from, to int) []Hash {
	if x := st.Upcasters(n).Draft(from, to); x != nil {
		return []Hash{x.Text}
	}
	return nil
}

// textsOf lists the texts that a change takes versions away from.
func (st *State) textsOf(c Change) []Hash {
	var numbers []int
	switch c := c.(type) {
	case UpcasterDrafted:
		return st.draftText(c.About(), c.From, c.To)
	case UpcasterActivated:
		return st.draftText(c.About(), c.From, c.To)
	case UpcasterImported:
		if x := (&Upcaster{State: c.State}); !x.replacesDraft() {
			return nil
		}
		return st.draftText(c.About(), c.From, c.To)
	case UpcasterDiscarded:
		return st.draftText(c.About(), c.From, c.To)
	case VersionRegistered:
		numbers = c.Replaces
	case VersionPurged:
		numbers = []int{c.Version}
	case SubjectPurged:
		numbers = c.Versions
	}
	var out []Hash
	s := st.Subject(c.About())
	for _, n := range numbers {
		if v := s.Version(n); v != nil {
			out = append(out, v.Content.Text)
		}
	}
	if s != nil && len(numbers) == len(s.Versions) {
		for _, x := range st.Upcasters(c.About()).All {
			out = append(out, x.Text)
		}
	}
	return out
}

// unused returns those of the texts that no version needs any more.
func (st *State) unused(texts []Hash) []Hash {
	var out []Hash
	for _, h := range texts {
		if n, _ := st.texts.Get(string(h[:])); n == 0 {
			out = append(out, h)
		}
	}
	return out
}
