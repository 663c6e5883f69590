"""Foreign judges."""
def opensc(log): raise NotImplementedError
def cms(log): raise NotImplementedError
def pkilint(log): raise NotImplementedError
def pins(log): raise NotImplementedError
