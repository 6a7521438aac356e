package api

// routeSets are the tables of routes, one per file that handles them.
var routeSets = []func(*API) []route{
	schemaRoutes,
	subjectRoutes,
	versionRoutes,
	registerRoutes,
	compatibilityRoutes,
	configRoutes,
	modeRoutes,
	contextRoutes,
	serverRoutes,
	instarRoutes,
	compareRoutes,
	upcasterRoutes,
	accessRoutes,
	documentRoutes,
}
