# What the officers' pages say.
# Keys of officers and offices begin with desk-, those of reviewing applications with case-.

desk-title = Officers’ desk
