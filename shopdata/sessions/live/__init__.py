"""A sign-in that a person does from elsewhere: its page as pictures, their hand as events; over one pipe."""
